import { algorithmOf, type Digest, digestOf, hexOf } from '../../shared/base/digest.ts'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import {
  arrayOf,
  asObject,
  asString,
  asStrings,
  failAt,
  type JsonPlace,
  type JsonValue,
  optional,
  parseJson,
  required,
} from '../../shared/base/json.ts'
import { formatReference, parseReference, withDefaultTag } from '../../shared/base/reference.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { parseIndex, parseManifest } from '../../shared/oci/manifest.ts'
import { isIndexType, isManifestType } from '../../shared/oci/media-types.ts'
import { hostPlatform, samePlatform } from '../../shared/oci/platform.ts'
import type { ArchiveFiles } from './archive-files.ts'

/** An image found in an archive: its config, and the files of its layers, the base first. */
export interface ArchivedImage {
  readonly config: Buffer
  readonly layers: readonly { readonly file: string; readonly digest: Digest | undefined }[]
  /** Full names. */
  readonly names: readonly string[]
}

const maxDocument = 4 * 1024 * 1024
/** How deep indexes may name indexes. */
const maxDepth = 4
const maxImages = 10_000

/** The images of a docker archive (manifest.json) or an OCI layout (index.json). Errors: ARCHIVE_INVALID, MANIFEST_INVALID, DIGEST_MISMATCH. */
export async function listImages(files: ArchiveFiles): Promise<ArchivedImage[]> {
  if (await files.has('manifest.json')) return dockerImages(files)
  if (await files.has('index.json')) return layoutImages(files)
  throw new IbuildError(
    'ARCHIVE_INVALID',
    'neither a docker archive nor an OCI layout: it has no manifest.json and no index.json',
    {
      hint: 'A root filesystem tar is brought in with ibuild import.',
    },
  )
}

const place: JsonPlace = { code: 'MANIFEST_INVALID', path: 'manifest.json' }

async function dockerImages(files: ArchiveFiles): Promise<ArchivedImage[]> {
  const bytes = await files.read('manifest.json', maxDocument)
  const entries = arrayOf(asObject, maxImages)(parseJson(bytes, { what: 'manifest.json' }), place)
  if (entries.length === 0) throw new IbuildError('ARCHIVE_INVALID', 'the archive has no image')
  return Promise.all(
    entries.map(async (entry) => ({
      config: await readConfig(files, required(entry, 'Config', place, asString)),
      layers: required(entry, 'Layers', place, asStrings).map((file) => ({ file, digest: undefined })),
      names: optional(entry, 'RepoTags', place, arrayOf(asFullName)) ?? [],
    })),
  )
}

/** Most tools name the file by its digest: then it must have it. */
async function readConfig(files: ArchiveFiles, file: string): Promise<Buffer> {
  const bytes = await files.read(file, maxDocument)
  const [, hex] = /^(?:blobs\/sha256\/|sha256:)?([0-9a-f]{64})(?:\.json)?$/.exec(file) ?? []
  if (hex === undefined || hexOf(digestOf(bytes)) === hex) return bytes
  throw new IbuildError(
    'DIGEST_MISMATCH',
    `the image config ${JSON.stringify(file)} has other content than its name says`,
  )
}

function asFullName(value: JsonValue, at: JsonPlace): string {
  const text = asString(value, at)
  return archivedName(text) ?? failAt(at, `${JSON.stringify(text)} is not the name of an image`)
}

/** Undefined for what is not a name with or without a tag. */
function archivedName(text: string): string | undefined {
  try {
    const reference = withDefaultTag(parseReference(text))
    return reference.digest === undefined ? formatReference(reference) : undefined
  } catch (error) {
    if (isIbuildError(error, 'REFERENCE_INVALID', 'DIGEST_INVALID')) return undefined
    throw error
  }
}

async function layoutImages(files: ArchiveFiles): Promise<ArchivedImage[]> {
  const index = parseIndex(parseJson(await files.read('index.json', maxDocument), { what: 'index.json' }))
  const found = await manifestsOf(files, index.manifests, 0)
  if (found.length > 0) return mergeNames(await Promise.all(found.map((descriptor) => layoutImage(files, descriptor))))
  throw new IbuildError('ARCHIVE_INVALID', 'the layout has no image for this platform')
}

/** Descriptors of image manifests for this machine; names of an index pass on to what it holds. */
async function manifestsOf(
  files: ArchiveFiles,
  descriptors: readonly Descriptor[],
  depth: number,
): Promise<Descriptor[]> {
  if (depth > maxDepth) throw new IbuildError('MANIFEST_INVALID', 'indexes are nested too deep')
  const lists = await Promise.all(
    descriptors.filter(isForThisMachine).map(async (descriptor) => {
      if (isManifestType(descriptor.mediaType)) return [descriptor]
      if (!isIndexType(descriptor.mediaType)) return []
      const index = parseIndex(parseJson(await readBlob(files, descriptor), { what: `index ${descriptor.digest}` }))
      const inner = await manifestsOf(files, index.manifests, depth + 1)
      return inner.map((child) => ({ ...child, annotations: { ...descriptor.annotations, ...child.annotations } }))
    }),
  )
  return lists.flat()
}

function isForThisMachine({ platform, annotations }: Descriptor): boolean {
  if (annotations?.['vnd.docker.reference.type'] !== undefined) return false
  return platform === undefined || samePlatform(platform, hostPlatform())
}

async function layoutImage(files: ArchiveFiles, descriptor: Descriptor): Promise<ArchivedImage> {
  const manifest = parseManifest(
    parseJson(await readBlob(files, descriptor), { what: `manifest ${descriptor.digest}` }),
  )
  return {
    config: await readBlob(files, manifest.config),
    layers: manifest.layers.map(({ digest }) => ({ file: blobFile(digest), digest })),
    names: namesOf(descriptor),
  }
}

/** One image under several names is several descriptors in an index. */
function mergeNames(images: readonly ArchivedImage[]): ArchivedImage[] {
  const merged = new Map<string, ArchivedImage>()
  for (const image of images) {
    const key = digestOf(image.config)
    const known = merged.get(key)
    merged.set(key, known === undefined ? image : { ...known, names: [...new Set([...known.names, ...image.names])] })
  }
  return [...merged.values()]
}

/** A full name when the annotations have one; a tag alone, or what other tools put there, names no image. */
function namesOf({ annotations = {} }: Descriptor): string[] {
  const candidates = [annotations['io.containerd.image.name'], annotations['org.opencontainers.image.ref.name']]
  const named = candidates.find((text) => text !== undefined && /[/:]/.test(text))
  return named === undefined ? [] : [archivedName(named)].filter((name) => name !== undefined)
}

function blobFile(digest: Digest): string {
  return `blobs/${algorithmOf(digest)}/${hexOf(digest)}`
}

/** A small blob, checked against its descriptor. */
async function readBlob(files: ArchiveFiles, { digest, size }: Descriptor): Promise<Buffer> {
  const bytes = await files.read(blobFile(digest), maxDocument)
  if (bytes.length === size && digestOf(bytes, algorithmOf(digest)) === digest) return bytes
  throw new IbuildError('DIGEST_MISMATCH', `blob ${digest} of the archive has other content than its digest says`)
}
