import { type Asks, told } from './asker.ts'
import type { Content } from './content.ts'
import type { Tally } from './counts.ts'
import { getManifest, type Named, pullImage } from './pull.ts'

/** What a client owns: nobody else moves the tag or deletes what it leads to. */
export interface Owned {
  readonly repository: string
  readonly tag: string
  readonly content: Content
}

/** Owned by somebody: all of it has to be there whenever its owner looks, and no 404 is allowed. */
export async function lookAtOwned(asker: Asks, tally: Tally, { repository, tag, content }: Owned): Promise<void> {
  const place = `${repository}:${tag}`
  const pulled = await pullImage(asker, repository, tag)
  if (pulled.kind === 'absent') return tally.fail('lost', `${place} does not lead to ${content.digest}: it is gone`)
  if (pulled.kind !== 'whole') return tally.fail('lost', `${place}: ${pulled.message}`)
  const [digest] = pulled.manifests
  if (digest !== content.digest) return tally.fail('lost', `${place} leads to ${digest}, not to ${content.digest}`)
  await lookAtReferrers(asker, tally, { repository, tag, content })
  for (const child of content.children) await lookAtReferrers(asker, tally, { repository, tag, content: child })
  tally.add('pulls')
}

async function lookAtReferrers(asker: Asks, tally: Tally, { repository, content }: Owned): Promise<void> {
  if (content.referrers.length === 0) return
  const listed = await listReferrers(asker, repository, content.digest)
  tally.add('listings')
  for (const { digest } of content.referrers) {
    const isListed = listed.includes(digest)
    const pulled = await pullImage(asker, repository, digest)
    const message = `${repository}: referrer ${digest} of ${content.digest}`
    if (!isListed) tally.fail('lost', `${message} is not listed`)
    if (pulled.kind !== 'whole') tally.fail('lost', `${message}: ${'message' in pulled ? pulled.message : 'gone'}`)
  }
}

const nothing: Named = { manifests: [], blobs: [] }

/** A pull is tried so often before what is always missing counts as missing for good. */
const looks = 5

/**
 * A tag that anybody may move and delete. Two 404 are allowed: for the tag, when it is not listed afterwards either; and for what
 * the manifest names, when the manifest itself is not there afterwards, for then somebody deleted it meanwhile. A manifest that
 * is there still, or again, is looked at once more, and whoever pushed it again pushed all that it names.
 */
export async function lookAtShared(
  asker: Asks,
  tally: Tally,
  { repository, tag }: Pick<Owned, 'repository' | 'tag'>,
): Promise<Named> {
  let reference = tag
  let fault: { readonly kind: 'lost' | 'dangling'; readonly message: string } | undefined
  for (let look = 0; look < looks; look++) {
    const pulled = await pullImage(asker, repository, reference)
    if (pulled.kind === 'whole') {
      tally.add('pulls')
      return pulled
    }
    if (pulled.kind === 'damaged') {
      tally.fail('lost', pulled.message)
      return nothing
    }
    const isThere =
      pulled.kind === 'absent'
        ? reference === tag && (await listTags(asker, repository)).includes(tag)
        : (await getManifest(asker, repository, pulled.under)).status === 200
    if (!isThere) {
      tally.add('gone')
      return nothing
    }
    if (pulled.kind === 'broken') {
      reference = pulled.under
      fault = { kind: 'lost', message: `${repository}:${tag}: ${pulled.message}` }
    } else fault = { kind: 'dangling', message: `${repository}:${tag} is listed and leads to nothing` }
  }
  if (fault !== undefined) tally.fail(fault.kind, fault.message)
  return nothing
}

/** Digests of all. */
export async function listReferrers(asker: Asks, repository: string, subject: string): Promise<readonly string[]> {
  const answer = await asker.ask('GET', `/v2/${repository}/referrers/${subject}`)
  if (answer.status !== 200) throw new Error(told(answer))
  const { manifests } = JSON.parse(answer.body.toString()) as { readonly manifests: readonly { digest: string }[] }
  return manifests.map(({ digest }) => digest)
}

/** All tags; none of a repository that is not there. */
export async function listTags(asker: Asks, repository: string): Promise<readonly string[]> {
  const answer = await asker.ask('GET', `/v2/${repository}/tags/list?n=1000`)
  if (answer.status === 404) return []
  if (answer.status !== 200) throw new Error(told(answer))
  return (JSON.parse(answer.body.toString()) as { readonly tags: readonly string[] }).tags
}
