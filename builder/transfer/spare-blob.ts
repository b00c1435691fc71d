import type { Digest } from '../../shared/base/digest.ts'
import type { PublishTarget } from '../ports.ts'

/** A blob that a repository may have, and others of its host that may give it. */
export interface SpareBlob {
  readonly digest: Digest
  readonly mountFrom: readonly string[]
}

/** Makes a blob one of a repository without bytes. What was done, in a few words; undefined when it has to be sent. */
export async function spareBlob(
  target: PublishTarget,
  { digest, mountFrom }: SpareBlob,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (await target.hasBlob(digest, { signal })) return 'already exists'
  for (const from of mountFrom) if (await target.mount(digest, from, { signal })) return `mounted from ${from}`
  return undefined
}
