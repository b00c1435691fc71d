import { digestOf, hexOf } from '../../shared/base/digest.ts'
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
import type { ArchiveFiles } from './archive-files.ts'
import { archivedName, type FoundImages, maxDocument } from './archived-image.ts'
import { layoutAnnotations } from './layout-images.ts'

const maxImages = 10_000

const place: JsonPlace = { code: 'MANIFEST_INVALID', path: 'manifest.json' }

/** The images of a docker archive, whatever they run on. Errors: ARCHIVE_INVALID, MANIFEST_INVALID, DIGEST_MISMATCH. */
export async function dockerImages(files: ArchiveFiles): Promise<FoundImages> {
  const bytes = await files.read('manifest.json', maxDocument)
  const entries = arrayOf(asObject, maxImages)(parseJson(bytes, { what: 'manifest.json' }), place)
  if (entries.length === 0) throw new IbuildError('ARCHIVE_INVALID', 'the archive has no image')
  const annotations = await annotationsOf(files)
  const images = await Promise.all(
    entries.map(async (entry) => {
      const config = await readConfig(files, required(entry, 'Config', place, asString))
      return {
        config,
        layers: required(entry, 'Layers', place, asStrings).map((file) => ({ file, digest: undefined })),
        names: optional(entry, 'RepoTags', place, arrayOf(asFullName)) ?? [],
        annotations: annotations.get(digestOf(config)) ?? new Map<string, string>(),
      }
    }),
  )
  return { images, skipped: [] }
}

/** A layout beside manifest.json is not needed, so nothing about it is an error. */
async function annotationsOf(files: ArchiveFiles): ReturnType<typeof layoutAnnotations> {
  try {
    if (await files.has('index.json')) return await layoutAnnotations(files)
  } catch (error) {
    if (!isIbuildError(error)) throw error
  }
  return new Map()
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
