import { join } from 'node:path'
import type { FetchOptions, RepositoryName, TaggedContent } from '../../../builder/ports.ts'
import { folderTrustCache } from '../../../notary/client/cache/folder-cache.ts'
import type { SignedTarget } from '../../../notary/verifier/types.ts'
import { type Digest, hexOf } from '../../../shared/base/digest.ts'
import { isIbuildError } from '../../../shared/base/errors.ts'
import { familiarName } from '../../../shared/base/reference.ts'
import { withSession } from '../../trust/open-session.ts'
import { signTags } from '../../trust/sign.ts'
import { gunOf } from '../trust/image-name.ts'
import { keyRingOf } from '../trust/key-flags.ts'
import { trustConnection } from '../trust-connection.ts'
import { withHint } from '../usage-help.ts'
import type { SignFlags, SignScope } from './sign-flags.ts'

/** Signs what a command pushed, all tags of a repository in one publish. Errors: TRUST_*, KEY_*, PASSPHRASE_*, USAGE. */
export async function signPushed(
  { root, onNotice, ...flags }: SignFlags & SignScope,
  repository: RepositoryName,
  { tags, digest, size }: TaggedContent,
  { signal = new AbortController().signal }: FetchOptions = {},
): Promise<void> {
  const gun = gunOf(repository)
  const options = {
    gun,
    server: process.env['DOCKER_CONTENT_TRUST_SERVER'],
    connection: await trustConnection(onNotice),
    cache: folderTrustCache(join(root, 'trust')),
    ring: keyRingOf(flags),
    pins: [],
    allowsFirstUse: false,
    signal,
  }
  const content = new Map(tags.map((tag) => [tag, { digest, size }]))
  try {
    const { signatures } = await withSession(options, async (session) => signTags(session, { gun, tags: content }))
    for (const [tag, signed] of signatures)
      onNotice(`${familiarName({ ...repository, tag })} is signed as ${digest} by ${rolesOf(signed, digest)}`)
  } catch (error) {
    if (isIbuildError(error, 'TRUST_PIN')) throw withHint(error, howToMeet(gun))
    throw error
  }
}

function rolesOf(signed: readonly SignedTarget[], digest: Digest): string {
  const own = signed.filter(({ target }) => target.sha256.toString('hex') === hexOf(digest))
  return own.map(({ role }) => role).join(', ')
}

/** A collection of others has to be known before anything is added to it. */
function howToMeet(gun: string): string {
  return `Compare the root key that ibuild trust inspect ${gun} shows with that of whoever signs; then ibuild trust verify with --pin makes it known here.`
}
