import { setTimeout as sleep } from 'node:timers/promises'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import type { Gun, RoleName } from '../tuf/types.ts'
import type { TrustedCollection } from '../verifier/types.ts'
import { applyChanges } from './changes/apply.ts'
import { draftOf } from './changes/draft.ts'
import { rolesToRenew } from './changes/roles-to-renew.ts'
import { type MissingSignatures, type Sealed, sealSnapshot, signAll, stamp, type Unsigned } from './changes/seal.ts'
import type { Draft, SigningKeys } from './changes/types.ts'
import type { Publisher } from './publisher.ts'
import type { unusableFiles } from './unusable-files.ts'

/** Who publishes what to whom. */
export interface Publishing {
  readonly gun: Gun
  /** What is trusted now; undefined when the server has no collection of the name. Errors: TRUST_*. */
  readonly refresh: () => Promise<TrustedCollection | undefined>
  /** See {@link unusableFiles}. */
  readonly unusable: (collection: TrustedCollection) => ReturnType<typeof unusableFiles>
  readonly publisher: Publisher
  readonly keys: SigningKeys
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly signal?: AbortSignal | undefined
}

/** A collection as it is, and the draft to change. */
export interface Current {
  readonly collection: TrustedCollection
  readonly draft: Draft
}

/**
 * What to change, of a collection as it is; undefined when there is none. It is asked again when others published meanwhile, so nothing
 * of theirs is lost. Undefined and a draft that changes nothing: there is nothing to do.
 */
export type Plan = (current: Current | undefined) => Promise<Draft | undefined>

export interface PublishOptions {
  /** True: a role that would need signatures of others because its keys change is left without. */
  readonly leavesStale?: boolean | undefined
}

export interface Published {
  /** What is trusted now, after it was read back. */
  readonly collection: TrustedCollection
  /** False when there was nothing to do. */
  readonly isChanged: boolean
}

/** How often a publish begins again because others were faster. */
const mostTries = 8

/**
 * Carries out a plan: all of it, or nothing. Files that will expire soon and whose keys are here are signed again with it. What was
 * published is read back and verified, so that this machine never believes anything older. Errors: TRUST_CONFLICT,
 * TRUST_INCOMPLETE, TRUST_REJECTED, TRUST_DENIED, TRUST_UNREACHABLE, those of the plan, of the keys and of the verifier.
 */
export async function publish(publishing: Publishing, plan: Plan, options: PublishOptions = {}): Promise<Published> {
  for (let attempt = 1; ; attempt++) {
    const { collection, unsigned } = await carryOut(publishing, plan)
    if (unsigned === undefined) return { collection: needed(publishing, collection), isChanged: false }
    const sealed = await signAll(unsigned, publishing.keys)
    try {
      await send(publishing, unsigned.draft, complete(publishing.gun, sealed, options))
      return { collection: needed(publishing, await publishing.refresh()), isChanged: true }
    } catch (error) {
      if (attempt === mostTries || !(await isOvertaken(error, publishing, collection))) throw error
    }
    await sleep(pauseBefore(attempt), undefined, { signal: publishing.signal })
  }
}

/** Signs what a plan makes with the keys that are here, and publishes nothing; undefined when there is nothing to do. */
export async function prepare(publishing: Publishing, plan: Plan): Promise<Sealed | undefined> {
  const { unsigned } = await carryOut(publishing, plan)
  return unsigned === undefined ? undefined : signAll(unsigned, publishing.keys)
}

/** Publishes what was signed elsewhere, and reads it back. Errors as of {@link publish}. */
export async function publishSigned(publishing: Publishing, unsigned: Unsigned, sealed: Sealed): Promise<Published> {
  await send(publishing, unsigned.draft, complete(publishing.gun, sealed, {}))
  return { collection: needed(publishing, await publishing.refresh()), isChanged: true }
}

/**
 * Whether others published meanwhile. Servers say so plainly only of versions: keys that others replaced, or a snapshot of ours that
 * lacks what is theirs, is to them just wrong.
 */
async function isOvertaken(
  error: unknown,
  { refresh }: Publishing,
  before: TrustedCollection | undefined,
): Promise<boolean> {
  if (isIbuildError(error, 'TRUST_CONFLICT')) return true
  if (!isIbuildError(error, 'TRUST_REJECTED')) return false
  return (await refresh())?.timestamp.signed.version !== before?.timestamp.signed.version
}

async function carryOut(
  publishing: Publishing,
  plan: Plan,
): Promise<{ readonly collection: TrustedCollection | undefined; readonly unsigned: Unsigned | undefined }> {
  const { keys } = publishing
  const now = publishing.now()
  const collection = await publishing.refresh()
  const current = collection && { collection, draft: draftOf(collection, await publishing.unusable(collection)) }
  const draft = await plan(current)
  if (draft === undefined || draft.changed.size === 0) return { collection, unsigned: undefined }
  const due = collection === undefined ? [] : await rolesToRenew(collection, { keys, now })
  const kept = due.filter((role) => draft.targets.has(role)).map((role) => ({ kind: 'witness', role }) as const)
  return { collection, unsigned: stamp(applyChanges(draft, kept), now) }
}

/** Sends files, with a snapshot when its key is here. */
async function send(
  { gun, publisher, keys, now }: Publishing,
  draft: Draft,
  files: ReadonlyMap<RoleName, Buffer>,
): Promise<void> {
  const snapshot = await sealSnapshot(draft, files, { keys, now: now() })
  await publisher.publish(gun, snapshot === undefined ? files : new Map([...files, ['snapshot', snapshot]]))
}

/** Errors: TRUST_NO_DATA. */
function needed({ gun }: Publishing, collection: TrustedCollection | undefined): TrustedCollection {
  if (collection !== undefined) return collection
  throw noCollection(gun)
}

/** For who cannot go on without a collection. */
export function noCollection(gun: Gun): IbuildError {
  return new IbuildError('TRUST_NO_DATA', `the trust server has no trusted collection ${gun}`)
}

/** The files, all of which are signed by as many keys as must. Errors: TRUST_INCOMPLETE. */
function complete(gun: Gun, { files, missing }: Sealed, { leavesStale = false }: PublishOptions): Sealed['files'] {
  const left = new Set<RoleName>(missing.filter(({ isStale }) => leavesStale && isStale).map(({ role }) => role))
  const lack = missing.find(({ role }) => !left.has(role))
  if (lack !== undefined) throw incomplete(gun, lack)
  return new Map([...files].filter(([role]) => !left.has(role)))
}

/** For who lacks signatures of a role. */
export function incomplete(gun: Gun, { role, missing, keys, isStale }: MissingSignatures): IbuildError {
  const count = missing === 1 ? 'one signature' : `${missing} signatures`
  const ids = keys.map((id) => id.slice(0, 12)).join(', ')
  if (isStale)
    return new IbuildError(
      'TRUST_INCOMPLETE',
      `${gun}: what ${role} signed would not count any more: ${count} by ${ids} would be missing`,
      {
        hint: `Let one who keeps his key sign it first with ibuild trust witness ${gun} ${role}; or give it up with --force.`,
      },
    )
  return new IbuildError('TRUST_INCOMPLETE', `${gun}: ${role} needs ${count} more, by ${ids}`, {
    hint: 'Load a key with ibuild trust key load, or write it to a file with --pending FILE, which others sign.',
  })
}

/** Milliseconds; with chance, so that those who collided do not collide again. */
function pauseBefore(attempt: number): number {
  return Math.min(500, 20 * 2 ** attempt) * (0.5 + Math.random() / 2)
}
