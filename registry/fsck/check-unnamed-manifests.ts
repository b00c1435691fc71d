import { type Digest, parseDigest, shortHex } from '../../shared/base/digest.ts'
import { lastPart, readOrNothing } from '../../shared/rows/row-kind.ts'
import type { Row } from '../../shared/rows/row-store.ts'
import type { RepositoryName } from '../protocol/names.ts'
import { linkedBlob } from '../service/links.ts'
import {
  blobRows,
  historyRows,
  type ManifestRow,
  manifestRows,
  movePart,
  taggedRows,
  tagRows,
  uploadRows,
} from '../storage/rows.ts'
import { blobFolders } from './blob-folders.ts'
import { eachUnnamed } from './check-files.ts'
import { type ReadManifest, readManifest } from './read-manifest.ts'
import { rebuildManifest } from './rebuild-manifest.ts'
import { rowPages } from './row-pages.ts'
import type { Found, FsckContext } from './types.ts'

/** Manifests among the bytes that no row names; they become manifests of the repository that takes what is found. */
export async function checkUnnamedManifests(context: FsckContext): Promise<void> {
  /** Manifests that recovered indexes name: images of a platform, which need no tag. */
  const children = new Set<string>()
  await context.inspect(() => lookForRows(context))
  await eachUnnamed(context, 'bytes without a name', async (digest) => {
    const read = await readManifest(context, digest)
    if (read === undefined) return
    for (const child of read.facts.manifests) children.add(child.digest)
    await context.inspect(async () => [foundManifest(context, read)])
  })
  if (context.recover !== undefined) await tagRecovered(context, context.recover, children)
}

async function lookForRows({ metadata, layout, recover }: FsckContext): Promise<readonly Found[]> {
  const prefixes = [blobRows.prefix(), manifestRows.prefix(), uploadRows.prefix()]
  const rows = await Promise.all(prefixes.map((prefix) => metadata.list({ prefix, limit: 1 })))
  if (rows.some((some) => some.length > 0)) return []
  for await (const { digests } of blobFolders(layout)) {
    if (digests.length === 0) continue
    const found: Found = { code: 'metadata-lost', subject: layout.metadata }
    return [recover === undefined ? found : { ...found, mend: async () => true }]
  }
  return []
}

function foundManifest(context: FsckContext, read: ReadManifest): Found {
  const { digest } = read.manifest
  const { recover } = context
  const found: Found = { code: 'manifest-unnamed', subject: digest }
  if (recover === undefined) return found
  const mend = async (): Promise<boolean> => {
    for (const blob of read.facts.blobs) await linkBlob(context, recover, blob.digest)
    return rebuildManifest(context, recover, read)
  }
  return { ...found, mend }
}

/** What is not here is told of with the manifest, which then is one of the repository. */
async function linkBlob({ metadata, bytes }: FsckContext, name: RepositoryName, digest: Digest): Promise<void> {
  const size = await bytes.size(digest)
  if (size !== undefined) await metadata.commit({ put: linkedBlob(name, digest, { size, at: Date.now() }) })
}

/** Gives a tag to each manifest that nothing else keeps. */
async function tagRecovered(
  { metadata }: FsckContext,
  name: RepositoryName,
  children: ReadonlySet<string>,
): Promise<void> {
  for await (const page of rowPages(metadata, manifestRows.prefix(name))) {
    for (const { key, value } of page) {
      const digest = parseDigest(lastPart(key))
      const subject = readOrNothing<ManifestRow>(manifestRows, key, value)?.subject
      const isKept = subject !== undefined && (await metadata.get(manifestRows.key(name, subject))) !== undefined
      const tags = await metadata.list({ prefix: taggedRows.prefix(name, digest), limit: 1 })
      if (isKept || children.has(digest) || tags.length > 0) continue
      await metadata.commit({ put: newTag(name, digest) })
    }
  }
}

/** A tag that was never there: nobody else gives tags of this name. */
function newTag(name: string, digest: Digest): Row[] {
  const [tag, at, move] = [`recovered-${shortHex(digest)}`, Date.now(), 1]
  return [
    tagRows.row([name, tag], { digest, at, move }),
    taggedRows.row([name, digest, tag], true),
    historyRows.row([name, tag, movePart(move)], { digest, at }),
  ]
}
