import { IbuildError } from '../../shared/base/errors.ts'
import type { ItemName, Source } from '../facts.ts'
import { PolicyRefused } from '../policy/policy-refused.ts'
import { type SherdockKeys, sherdockKeysOf, withSherdockKeys } from '../policy/sherdock-keys.ts'
import type { Run } from '../run/types.ts'
import { run } from './document-shapes.ts'
import { type Asked, type Endpoint, endpoint } from './endpoint.ts'
import { source as sourceShape } from './item-shapes.ts'
import { optional } from './object-shape.ts'
import { list, word } from './shape.ts'
import {
  daemonContainer,
  daemonImage,
  daemonVolume,
  type SherdockKeysSent,
  sherdockKeys,
  sherdockKeysSent,
} from './sherdock-shapes.ts'
import type { DaemonContainer, GcDaemon, GcSource, InUseReport } from './types.ts'

interface Query {
  /** Says to the router which source is asked. */
  readonly source?: Source | undefined
}

interface ImagesQuery extends Query {
  readonly detailed?: 'true' | 'false' | undefined
}

const source = optional(sourceShape)
const detailed = optional(word('true', 'false'))

/** What Sherdock answered under `/api`, of the Docker daemon unless the query names another source. */
export const sherdockEndpoints: readonly Endpoint[] = [
  endpoint({
    id: 'getSherdockConfig',
    method: 'GET',
    path: '/config',
    about: 'The policy in force in the four keys of Sherdock. 409 where it says more than those can.',
    scope: 'policy:read',
    query: { source },
    answer: sherdockKeys,
    errors: [409],
    run: async ({ at }: Asked<Query, unknown>) => keysOf((await at.service.policies.show()).text),
  }),
  endpoint({
    id: 'setSherdockConfig',
    method: 'POST',
    path: '/config',
    about:
      'Puts a policy of these keys in force; what else the one before says stays, its mode too. What is wrong is refused with its place, as is an empty list of what stays.',
    scope: 'policy:write',
    query: { source },
    body: sherdockKeysSent,
    answer: sherdockKeys,
    errors: [409, 422],
    run: setConfig,
  }),
  endpoint({
    id: 'listSherdockImages',
    method: 'GET',
    path: '/images',
    about: 'Images of the Docker daemon, with their layers where that is asked for.',
    scope: 'policy:read',
    query: { source, detailed },
    answer: list(daemonImage),
    run: async ({ at, query }: Asked<ImagesQuery, unknown>) => daemonOf(at).images(query.detailed === 'true'),
  }),
  endpoint({
    id: 'deleteSherdockImage',
    method: 'DELETE',
    path: '/images/{id}',
    about: 'Removes an image with all of its names, for good. 409 when a container, another image or a hold has it.',
    scope: 'policy:approve',
    query: { source },
    answer: run,
    errors: [409],
    run: async ({ at, name, by }: Asked<Query, unknown>) => {
      const daemon = daemonOf(at)
      return removed(daemon, await daemon.itemsOf(name), by)
    },
  }),
  endpoint({
    id: 'listSherdockContainers',
    method: 'GET',
    path: '/containers',
    about: 'What images are in use for: containers of the Docker daemon; of the registry what others say to run.',
    scope: 'policy:read',
    query: { source },
    answer: list(daemonContainer),
    run: async ({ at }: Asked<Query, unknown>) =>
      at.inUse === undefined ? daemonOf(at).containers() : (await at.inUse.list()).flatMap(containersOf),
  }),
  endpoint({
    id: 'listSherdockVolumes',
    method: 'GET',
    path: '/volumes',
    about: 'Volumes of the Docker daemon; those that are not in use are orphans.',
    scope: 'policy:read',
    query: { source },
    answer: list(daemonVolume),
    run: async ({ at }: Asked<Query, unknown>) => daemonOf(at).volumes(),
  }),
  endpoint({
    id: 'deleteSherdockVolume',
    method: 'DELETE',
    path: '/volumes/{name}',
    about: 'Removes an orphaned volume, for good. 409 when a container has it.',
    scope: 'policy:approve',
    query: { source },
    answer: run,
    errors: [409],
    run: async ({ at, name, by }: Asked<Query, unknown>) =>
      removed(daemonOf(at), [{ kind: 'volume', repository: '', name }], by),
  }),
]

async function setConfig({ at, body, by }: Asked<Query, SherdockKeysSent>): Promise<SherdockKeys> {
  const { policies } = at.service
  const made = withSherdockKeys((await policies.show()).text, withoutMissing(body))
  if (made === undefined) throw otherPolicy()
  if ('problems' in made) throw new PolicyRefused(made.problems)
  return keysOf((await policies.set(made.text, by)).text)
}

function withoutMissing({ GCIntervalMinutes, PullIntervalMinutes, ...body }: SherdockKeysSent): Partial<SherdockKeys> {
  const { ImagesToPull, ImagesToNotGC } = body
  return {
    ...(GCIntervalMinutes !== undefined && { GCIntervalMinutes }),
    ...(PullIntervalMinutes !== undefined && { PullIntervalMinutes }),
    ...(ImagesToPull !== undefined && { ImagesToPull }),
    ImagesToNotGC,
  }
}

/** Errors: NOT_SUPPORTED. */
function keysOf(text: string): SherdockKeys {
  const keys = sherdockKeysOf(text)
  if (keys === undefined) throw otherPolicy()
  return keys
}

function otherPolicy(): IbuildError {
  return new IbuildError('NOT_SUPPORTED', 'the policy in force says more than the keys of Sherdock can', {
    hint: 'Ask /api/gc/v1 for it; those keys go with a policy as ibuild gc policy import-sherdock makes it.',
  })
}

/** Errors: OBJECT_NOT_FOUND. */
function daemonOf({ daemon, service }: GcSource): GcDaemon {
  if (daemon !== undefined) return daemon
  throw new IbuildError('OBJECT_NOT_FOUND', `this is told of a Docker daemon alone, and the ${service.source} is none`)
}

function containersOf({ reporter, digests }: InUseReport): readonly DaemonContainer[] {
  return digests.map((digest) => ({
    Id: reporter,
    Names: [reporter],
    Image: digest,
    ImageID: digest,
    State: 'reported',
    Volumes: [],
  }))
}

/** All that was named went. Errors: those of removing; RETENTION_GUARDED, DOCKER_FAILED when something stayed. */
async function removed(daemon: GcDaemon, names: readonly ItemName[], by: string): Promise<Run> {
  const done = await daemon.remove(names, by)
  const { id, drifted, failures } = done
  const [failure] = failures
  if (failure !== undefined) throw new IbuildError('DOCKER_FAILED', failure.message)
  if (drifted === 0) return done
  throw new IbuildError('RETENTION_GUARDED', `${drifted} of ${names.length} names came to be in use: see run ${id}`)
}
