import type { ExecutionContext } from 'ava'
import { basicOf } from '../../../registry/token/testing/token-registry.ts'
import type { ItemFacts } from '../../../retention/facts.ts'
import type { DaemonImage, DaemonListing } from '../../../retention/http/types.ts'
import { openRetention } from '../../../retention/run/open-retention.ts'
import { createModelInventory, type ModelInventory } from '../../../retention/run/testing/model-inventory.ts'
import { type OpenModel, start } from '../../../retention/run/testing/open-model.ts'
import { createMemoryState } from '../../../retention/state/open-state.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { type ApiScene, apiScene, type Told, told } from './api-scene.ts'

/** The API of a registry and of a daemon in memory. */
export interface DaemonScene {
  readonly scene: ApiScene
  readonly model: ModelInventory
  readonly service: OpenModel['service']
  /** Asks as ann, or as somebody else; a body is sent as JSON. */
  readonly ask: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Told>
}

/** With the image `team/app:1`, which is `team/app:2` too, and `busy/app:1` and volumes of which a container has some. */
export async function daemonScene(t: ExecutionContext): Promise<DaemonScene> {
  const model = createModelInventory({ source: 'docker', canUndo: false })
  const { content } = model
  const inUse = [{ kind: 'in-use', about: 'container web has it' }] as const
  for (const tag of ['1', '2']) content.push('team/app', tag, { at: start, text: 'one' })
  content.push('busy/app', '1', { at: start, guards: inUse })
  content.addOther('volume', 'orphan', { pushedAt: start })
  content.addOther('volume', 'used', { pushedAt: start, guards: inUse })
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const rows = createMemoryState()
  const opened = await openRetention({ inventory: model, rows, now: () => start, checkCron: () => undefined, log })
  const daemon = { ...listingOf(model), remove: opened.remove }
  const { service } = opened
  const scene = await apiScene(t, { more: new Map([['docker', { service, daemon }]]) })
  return {
    scene,
    model,
    service,
    ask: async (method, path, body, headers = {}) => {
      const type = body === undefined ? undefined : { 'content-type': 'application/json' }
      const sent = body === undefined ? {} : { body: JSON.stringify(body) }
      const all = { ...basicOf('ann:anns'), ...type, ...headers }
      return told(await scene.registry.ask(method, path, { headers: all, ...sent }))
    },
  }
}

function listingOf({ content }: ModelInventory): DaemonListing {
  const items = (): readonly ItemFacts[] => ['busy/app', 'team/app'].flatMap((name) => content.itemsOf(name))
  return {
    name: 'abcdefghij',
    images: async (isDetailed) => items().map((item) => imageOf(item, isDetailed)),
    containers: async () => [
      { Id: 'c1', Names: ['web'], Image: 'busy/app:1', ImageID: '', State: 'running', Volumes: ['used'] },
    ],
    volumes: async () =>
      content.itemsOf('').map(({ name, guards }) => ({ Name: name, Labels: {}, InUse: guards.length > 0 })),
    itemsOf: async (id) => {
      const found = items().filter(({ digest }) => digest === id)
      if (found.length === 0) throw new IbuildError('OBJECT_NOT_FOUND', `there is no image ${id}`)
      return found
    },
  }
}

function imageOf({ digest, repository, name, size, guards }: ItemFacts, isDetailed: boolean): DaemonImage {
  return {
    Id: digest,
    ParentId: '',
    RepoTags: [`${repository}:${name}`],
    RepoDigests: [],
    Created: 1,
    Size: size,
    VirtualSize: size,
    Labels: {},
    InUseBy: guards.map(({ about }) => about),
    ...(isDetailed && { Layers: [digest] }),
  }
}
