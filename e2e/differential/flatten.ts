import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runOk } from '../testing/run.ts'

/** One path of a file tree, as the operating system tells it. */
export interface FlatEntry {
  readonly type: string
  /** Four octal digits. */
  readonly mode: string
  readonly uid: number
  readonly gid: number
  /** Nanoseconds since the epoch, decimal. */
  readonly mtime: string
  /** Name to value in hex. */
  readonly xattrs: Readonly<Record<string, string>>
  readonly size?: number
  readonly digest?: string
  readonly link?: string
  readonly device?: string
  /** All names of a file that has several, sorted. */
  readonly names?: readonly string[]
}

/** An image as others read it: config, number of layers, and the tree that umoci unpacks. */
export interface FlatImage {
  readonly config: ImageConfig
  readonly layers: number
  readonly tree: ReadonlyMap<string, FlatEntry>
}

export interface ImageConfig {
  readonly config?: Readonly<Record<string, unknown>>
  readonly history?: readonly Readonly<Record<string, unknown>>[]
  readonly [field: string]: unknown
}

interface Descriptor {
  readonly digest: string
  readonly mediaType: string
}

interface Manifest {
  readonly config: Descriptor
  readonly layers: readonly Descriptor[] | null
}

/**
 * Reads the one image of an OCI layout with the tools of others only (umoci, python3), so that an error in our reading
 * of layers cannot hide the same error in our writing. Leaves nothing but the layout. Needs root.
 */
export async function flattenLayout(layout: string): Promise<FlatImage> {
  const index = readJson(join(layout, 'index.json')) as { manifests: readonly Descriptor[] }
  const descriptor = index.manifests[0]
  if (descriptor === undefined || index.manifests.length > 1) throw new Error(`${layout} does not hold one image`)
  const manifest = readBlob(layout, descriptor) as Manifest
  const layers = manifest.layers?.length ?? 0
  const tree = layers === 0 ? new Map<string, FlatEntry>() : await unpack(layout, { index, descriptor })
  return { config: readBlob(layout, manifest.config) as ImageConfig, layers, tree }
}

/** umoci finds images by their tag only, so the layout gets one of ours. */
async function unpack(
  layout: string,
  { index, descriptor }: { index: object; descriptor: Descriptor },
): Promise<FlatImage['tree']> {
  const tagged = { ...descriptor, annotations: { 'org.opencontainers.image.ref.name': 'image' } }
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ ...index, manifests: [tagged] }))
  const rootfs = join(layout, 'rootfs')
  try {
    await runOk('umoci', ['raw', 'unpack', '--image', `${layout}:image`, rootfs])
    return await walk(rootfs)
  } finally {
    rmSync(rootfs, { recursive: true, force: true })
  }
}

/** Everything below `directory`, keyed by path with a leading slash; paths are bytes as latin1. */
async function walk(directory: string): Promise<FlatImage['tree']> {
  const { stdout } = await runOk('python3', [join(import.meta.dirname, 'neutral/walk.py'), directory])
  return new Map(Object.entries(JSON.parse(stdout) as Record<string, FlatEntry>))
}

function readBlob(layout: string, descriptor: Descriptor): unknown {
  return readJson(join(layout, 'blobs', descriptor.digest.replace(':', '/')))
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}
