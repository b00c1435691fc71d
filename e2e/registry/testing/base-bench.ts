import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { ExecutionContext } from 'ava'
import { remoteImages } from '../../../app/adapters/remote-images.ts'
import { build } from '../../../builder/build.ts'
import type { BuildOptions } from '../../../builder/build-types.ts'
import { importRootfs } from '../../../builder/export/import.ts'
import type { RemoteImages } from '../../../builder/ports.ts'
import type { BuildEvent } from '../../../builder/solve/events.ts'
import { openStore } from '../../../builder/store/open.ts'
import type { Store, StoredImage } from '../../../builder/store/types.ts'
import { type PublishImageOptions, publishImage } from '../../../builder/transfer/publish-image.ts'
import type { Digest } from '../../../shared/base/digest.ts'
import { MemoryRegistry } from '../../testing/memory-registry.ts'
import { temporaryFolder } from '../../testing/temporary.ts'
import { busyboxTar, makeWorkspace } from '../../testing/workspace.ts'

export const base = { domain: 'reg:5000', path: 'team/base' }
export const app = { domain: 'reg:5000', path: 'team/app' }
/** What FROM calls the base. */
export const baseName = 'reg:5000/team/base:1'

/** A base in a registry in memory, with nothing said to it yet. */
export interface BaseBench {
  readonly registry: MemoryRegistry
  readonly images: RemoteImages
  /** The store that the base was built in. */
  readonly home: Store
  readonly image: StoredImage
  readonly diffIDs: readonly Digest[]
  /** Blobs in the registry that are layers of the base, bottom to top. */
  readonly layers: readonly Digest[]
  /** Downloads of layers of the base since the last call. */
  readonly fetched: () => readonly Digest[]
}

const passwd = 'root:x:0:0:root:/root:/bin/sh\nkeeper:x:4711:4712::/:/bin/sh\n'
const group = 'root:x:0:\nstaff:x:50:\n'

/**
 * A base of three layers: busybox; a large file; accounts of its own, and `/srv/link`, which leads to the folder `/data/real`.
 */
export async function publishBase(
  t: ExecutionContext,
  options: Omit<PublishImageOptions, 'publisher'> = {},
): Promise<BaseBench> {
  const registry = new MemoryRegistry()
  const root = temporaryFolder(t)
  const home = openStore(root)
  const name = 'docker.io/library/busybox:latest'
  await importRootfs(home, Readable.from([await busyboxTar()]), { changes: [], message: '', name, now: new Date(0) })
  const context = (await makeWorkspace(t)).write('base', {
    'big.bin': 'x'.repeat(300_000),
    'top/etc/passwd': passwd,
    'top/etc/group': group,
    'top/data/real/file': 'of the base',
    'top/srv/there': '',
  })
  symlinkSync('/data/real', join(context, 'top/srv/link'))
  await buildText(root, 'FROM busybox\nCOPY big.bin /big.bin\nCOPY top /\n', { context, tags: ['base'] })
  const image = needImage(home, 'base')
  await publishImage(home, { image, to: base, tags: ['1'] }, { publisher: registry, ...options })
  const diffIDs = image.config.rootfs.diff_ids
  const layers = diffIDs.flatMap((diffID) => home.sources.get(diffID).map(({ digest }) => digest))
  registry.log.length = 0
  const fetched = (): readonly Digest[] => {
    const found = registry.said('get').flatMap((entry) => layers.find((digest) => entry.endsWith(digest)) ?? [])
    registry.log.length = 0
    return found
  }
  return { registry, images: remoteImages(registry), home, image, diffIDs, layers, fetched }
}

interface TextOptions extends Omit<BuildOptions, 'root' | 'context' | 'dockerfile'> {
  /** Its folder. */
  readonly context: string
}

export interface BuiltText {
  readonly imageID: Digest
  readonly events: readonly BuildEvent[]
  readonly notices: readonly string[]
}

/** Builds a Dockerfile given as text, at a fixed time. */
export async function buildText(
  root: string,
  text: string,
  { context: path, ...options }: TextOptions,
): Promise<BuiltText> {
  const events: BuildEvent[] = []
  const { imageID } = await build({
    root,
    context: { kind: 'directory', path },
    dockerfile: { kind: 'bytes', bytes: Buffer.from(text) },
    buildArgs: new Map([['SOURCE_DATE_EPOCH', '1700000000']]),
    emit: (event) => events.push(event),
    ...options,
  })
  const notices = events.flatMap((event) => (event.type === 'notice' ? [event.message] : []))
  return { imageID, events, notices }
}

export function needImage(store: Store, name: string): StoredImage {
  const image = store.images.get(name)
  if (image === undefined) throw new Error(`no image ${name}`)
  return image
}

/** In which form the store has layers. */
export function formsOf(store: Store, diffIDs: readonly Digest[]): string[] {
  return diffIDs.map((diffID) => {
    const bytes = store.layers.get(diffID)?.bytes
    return bytes?.kind === 'remote' ? bytes.source : (bytes?.kind ?? 'missing')
  })
}
