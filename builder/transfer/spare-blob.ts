import type { Digest } from '../../shared/base/digest.ts'
import type { PublishTarget } from '../ports.ts'

/** A blob that a repository may have, and others of its host that may give it. */
export interface SpareBlob {
  readonly digest: Digest
  /** True when the repository has had it: then it is asked before the others are. */
  readonly isKnown: boolean
  readonly mountFrom: readonly string[]
}

/**
 * Makes a blob one of a repository without bytes. What was done, in a few words; undefined when it has to be sent. A mount that works
 * needs no question before it, for it does no harm when the blob is there.
 */
export async function spareBlob(
  target: PublishTarget,
  { digest, isKnown, mountFrom }: SpareBlob,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const ask = async (): Promise<string | undefined> =>
    (await target.hasBlob(digest, { signal })) ? 'already exists' : undefined
  const known = isKnown ? await ask() : undefined
  if (known !== undefined) return known
  for (const from of mountFrom) if (await target.mount(digest, from, { signal })) return `mounted from ${from}`
  return isKnown ? undefined : ask()
}
