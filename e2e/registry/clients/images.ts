import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Digest, digestOf, hexOf } from '../../../shared/base/digest.ts'
import { mediaTypes } from '../../../shared/oci/media-types.ts'
import { makeWorkspace, type Workspace } from '../../testing/workspace.ts'

/** Images to push, as an OCI layout. */
export interface Images {
  readonly space: Workspace
  /** Folder of the layout. Its tags: `app` with gzip layers, `plain` with tars, `zstd`, and `multi`, an index of the first two. */
  readonly layout: string
}

/** An image of several layers: a file, a command's changes, one that changes nothing, and one that cannot be compressed. */
const dockerfile = [
  'FROM busybox',
  'COPY words /words',
  'RUN echo ran > /ran && rm /words',
  'RUN true',
  'COPY noise /noise',
  'ENV GREETING="hello there"',
  'CMD ["sh", "-c", "cat /ran; wc -c < /noise; echo $GREETING"]',
].join('\n')

/** What a container of these images prints. */
export const printed = 'ran\n300000\nhello there\n'

/** The images for the tests of a file: built when the first asks, gone after the last. Needs root, runc and busybox. */
export function imagesOnce(): () => Promise<Images> {
  const ends: (() => unknown)[] = []
  let made: Promise<Images> | undefined
  test.after.always(async () => {
    for (const end of ends) await end()
  })
  return () => {
    made ??= makeImages({ teardown: (end) => void ends.push(end) })
    return made
  }
}

async function makeImages(t: Pick<ExecutionContext, 'teardown'>): Promise<Images> {
  const space = await makeWorkspace(t, { base: true })
  const context = space.write('context', { Dockerfile: dockerfile, words: 'hello\n' })
  writeFileSync(join(context, 'noise'), randomBytes(300_000))
  const layout = join(space.folder, 'layout')
  for (const [tag, compression] of Object.entries({ app: 'gzip', plain: 'uncompressed', zstd: 'zstd' })) {
    const output = `type=oci,tar=false,dest=${layout},compression=${compression}`
    await space.ok(['-t', `sample:${tag}`, '-o', output, context])
  }
  addIndex(layout, 'multi', [
    { tag: 'app', architecture: 'amd64' },
    { tag: 'plain', architecture: 'arm64' },
  ])
  return { space, layout }
}

interface Entry {
  mediaType: string
  digest: Digest
  size: number
  annotations?: Record<string, string>
}

const refName = 'org.opencontainers.image.ref.name'

/** Adds an index of images of the layout, each for a platform, under a tag. */
function addIndex(layout: string, tag: string, members: readonly { tag: string; architecture: string }[]): void {
  const path = join(layout, 'index.json')
  const index = JSON.parse(readFileSync(path, 'utf8')) as { manifests: Entry[] }
  const manifests = members.map(({ tag: of, architecture }) => {
    const entry = index.manifests.find(({ annotations }) => annotations?.[refName] === of)
    if (entry === undefined) throw new Error(`no ${of} in ${layout}`)
    const { mediaType, digest, size } = entry
    return { mediaType, digest, size, platform: { os: 'linux', architecture } }
  })
  const bytes = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests })
  const digest = digestOf(bytes)
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true })
  writeFileSync(join(layout, 'blobs/sha256', hexOf(digest)), bytes)
  index.manifests.push({ mediaType: mediaTypes.ociIndex, digest, size: bytes.length, annotations: { [refName]: tag } })
  writeFileSync(path, JSON.stringify(index))
}
