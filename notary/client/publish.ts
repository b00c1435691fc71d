import { setTimeout as sleep } from 'node:timers/promises'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import type { Gun, RoleName } from '../tuf/types.ts'
import type { TrustedCollection } from '../verifier/types.ts'
import { type MissingSignatures, type Sealed, sealSnapshot, signAll, stamp } from './changes/seal.ts'
import type { Draft, SigningKeys } from './changes/types.ts'
import type { Publisher } from './publisher.ts'

/** Who publishes what to whom. */
export interface Publishing {
  readonly gun: Gun
  /** What is trusted now; undefined when the server has no collection of the name. Errors: TRUST_*. */
  readonly refresh: () => Promise<TrustedCollection | undefined>
  readonly publisher: Publisher
  readonly keys: SigningKeys
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly signal?: AbortSignal | undefined
}

/**
 * What to change, of a collection as it is. It is asked again when others published meanwhile, so nothing of theirs is lost.
 * Undefined and a draft that changes nothing: there is nothing to do.
 */
export type Plan = (collection: TrustedCollection | undefined) => Promise<Draft | undefined>

export interface Published {
  /** What is trusted now, after it was read back. */
  readonly collection: TrustedCollection
  /** False when there was nothing to do. */
  readonly isChanged: boolean
}

/** How often a publish begins again because others were faster. */
const mostTries = 8

/**
 * Carries out a plan: all of it, or nothing. What was published is read back and verified, so that this machine never believes
 * anything older. Errors: TRUST_CONFLICT, TRUST_INCOMPLETE, TRUST_REJECTED, TRUST_DENIED, TRUST_UNREACHABLE, those of the plan, of
 * the keys and of the verifier.
 */
export async function publish(publishing: Publishing, plan: Plan): Promise<Published> {
  for (let attempt = 1; ; attempt++) {
    const before = await publishing.refresh()
    const draft = await plan(before)
    const sealed = await prepare(publishing, draft)
    if (draft === undefined || sealed === undefined)
      return { collection: await existing(publishing, before), isChanged: false }
    refuseMissing(publishing.gun, sealed.missing)
    try {
      await send(publishing, draft, sealed.files)
      return { collection: await existing(publishing, undefined), isChanged: true }
    } catch (error) {
      if (!isIbuildError(error, 'TRUST_CONFLICT') || attempt === mostTries) throw error
    }
    await sleep(pauseBefore(attempt), undefined, { signal: publishing.signal })
  }
}

/** Carries out a plan as far as that goes here; undefined when there is nothing to do. */
export async function prepare(publishing: Publishing, draft: Draft | undefined): Promise<Sealed | undefined> {
  if (draft === undefined || draft.changed.size === 0) return undefined
  return signAll(stamp(draft, publishing.now()), publishing.keys)
}

/** The collection, which must be there. Errors: TRUST_NO_DATA. */
async function existing(
  { gun, refresh }: Publishing,
  known: TrustedCollection | undefined,
): Promise<TrustedCollection> {
  const collection = known ?? (await refresh())
  if (collection !== undefined) return collection
  throw new IbuildError('TRUST_NO_DATA', `the trust server has no trusted collection ${gun}`)
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

/** Errors: TRUST_INCOMPLETE. */
export function refuseMissing(gun: Gun, missing: readonly MissingSignatures[]): void {
  const [first] = missing
  if (first === undefined) return
  const { role, isStale } = first
  const count = first.missing === 1 ? 'one signature' : `${first.missing} signatures`
  const ids = first.keys.map((id) => id.slice(0, 12)).join(', ')
  throw new IbuildError(
    'TRUST_INCOMPLETE',
    isStale
      ? `${gun}: what ${role} signed would not count any more: ${count} by ${ids} would be missing`
      : `${gun}: ${role} needs ${count} more, by ${ids}`,
    {
      hint:
        first.keys.length === 0
          ? 'No key is left that could sign it.'
          : 'Load a key with ibuild trust key load, or write it to a file with --pending FILE, which others sign.',
    },
  )
}

/** Milliseconds; with chance, so that those who collided do not collide again. */
function pauseBefore(attempt: number): number {
  return Math.min(2000, 20 * 2 ** attempt) * (0.5 + Math.random() / 2)
}
