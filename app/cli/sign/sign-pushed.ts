import { join } from 'node:path'
import type { ImageSigner, RepositoryName, TaggedContent } from '../../../builder/ports.ts'
import { folderTrustCache } from '../../../notary/client/cache/folder-cache.ts'
import type { KeyRing } from '../../../notary/keys/types.ts'
import type { Gun } from '../../../notary/tuf/types.ts'
import type { SignedTarget } from '../../../notary/verifier/types.ts'
import { type Digest, hexOf } from '../../../shared/base/digest.ts'
import { isIbuildError } from '../../../shared/base/errors.ts'
import { familiarName } from '../../../shared/base/reference.ts'
import { checkSign } from '../../trust/check-sign.ts'
import { withSession } from '../../trust/open-session.ts'
import type { TrustSession } from '../../trust/session.ts'
import { signTags } from '../../trust/sign.ts'
import { gunOf } from '../trust/image-name.ts'
import { keyRingOf } from '../trust/key-flags.ts'
import { cosignKeyOf, signAsCosign } from '../trust/sign-as-cosign.ts'
import { checkSignFormat, type SignFormat } from '../trust/sign-format.ts'
import { contentOf } from '../trust/signed-content.ts'
import { trustConnection } from '../trust-connection.ts'
import { withHint } from '../usage-help.ts'
import type { SignFlags, SignScope } from './sign-types.ts'

/** What signs for a command. */
interface Signing extends SignScope {
  readonly format: SignFormat
  readonly cosignKey: string | undefined
  readonly ring: KeyRing
}

/**
 * Signs what a command pushed, all tags of a repository in one publish. A passphrase is asked for once. Errors: USAGE; of the signer
 * TRUST_*, KEY_*, PASSPHRASE_*, USAGE, REGISTRY_*.
 */
export function pushSigner(flags: SignFlags, scope: SignScope): Required<ImageSigner> {
  const { cosignKey } = flags
  const format = checkSignFormat(flags.signFormat ?? 'notary', '--sign-format')
  const signing: Signing = { ...scope, format, cosignKey, ring: keyRingOf(flags) }
  const never = new AbortController().signal
  return {
    async checkSign(repository, tags, { signal = never } = {}) {
      const gun = gunOf(repository)
      if (format !== 'cosign') await inSession(gun, signing, signal, async (session) => checkSign(session, gun, tags))
      if (format !== 'notary') await cosignKeyOf(gun, signing)
    },
    async sign(repository, content, { signal = never } = {}) {
      if (format !== 'cosign') await signInCollection(repository, content, { ...signing, signal })
      if (format !== 'notary') await cosign(repository, content, { ...signing, signal })
    },
  }
}

interface SigningNow extends Signing {
  readonly signal: AbortSignal
}

async function signInCollection(
  repository: RepositoryName,
  { tags, digest, size }: TaggedContent,
  { signal, ...signing }: SigningNow,
): Promise<void> {
  const gun = gunOf(repository)
  const content = new Map(tags.map((tag) => [tag, { digest, size }]))
  const { signatures } = await inSession(gun, signing, signal, async (session) =>
    signTags(session, { gun, tags: content }),
  )
  for (const [tag, signed] of signatures)
    signing.onNotice(`${familiarName({ ...repository, tag })} is signed as ${digest} by ${rolesOf(signed, digest)}`)
}

/** The manifest is in the registry already, under its digest. */
async function cosign(
  repository: RepositoryName,
  { tags: [tag = 'latest'], digest }: TaggedContent,
  { client: open, ring, cosignKey, signal, onNotice }: SigningNow,
): Promise<void> {
  const client = await open()
  const image = { ...repository, tag, digest }
  await signAsCosign({ image, content: await contentOf(client, image, signal) }, { ring, client, cosignKey, signal })
  onNotice(`${familiarName(repository)}@${digest} is signed by a key, as cosign does`)
}

async function inSession<T>(
  gun: Gun,
  { root, ring, onNotice }: Signing,
  signal: AbortSignal,
  work: (session: TrustSession) => Promise<T>,
): Promise<T> {
  const options = {
    gun,
    server: process.env['DOCKER_CONTENT_TRUST_SERVER'],
    connection: await trustConnection(onNotice),
    cache: folderTrustCache(join(root, 'trust')),
    ring,
    pins: [],
    allowsFirstUse: false,
    signal,
  }
  try {
    return await withSession(options, work)
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
