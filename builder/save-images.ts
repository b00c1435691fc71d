import { isIbuildError } from '../shared/base/errors.ts'
import { fullName } from '../shared/base/reference.ts'
import type { NamedImage } from './export/archive-image.ts'
import { writeImages } from './export/write-output.ts'
import { findImage } from './find-image.ts'
import type { DockerOutput, OciOutput, WrittenOutput } from './output-types.ts'
import type { Store, StoredImage } from './store/types.ts'

export interface SaveOptions {
  readonly output: OciOutput | DockerOutput
  /** Where a `dest` of '-' goes. */
  readonly stdout?: NodeJS.WritableStream
  readonly signal?: AbortSignal | undefined
}

/**
 * Writes images into one archive. One that is asked for by name has that name there; by ID or digest, all of its names.
 * Errors: IMAGE_NOT_FOUND, REFERENCE_INVALID, LAYER_INVALID, LAYER_LIMIT, DIGEST_MISMATCH, DISK_FULL, USAGE.
 */
export async function saveImages(
  store: Store,
  words: readonly string[],
  { output, stdout, signal }: SaveOptions,
): Promise<WrittenOutput> {
  const lock = await store.lockShared({ signal, reading: true })
  try {
    return await writeImages(namedImages(store, words), output, { store, stdout, signal })
  } finally {
    lock.release()
  }
}

/** Each image once, under all the names that were asked for. */
function namedImages(store: Store, words: readonly string[]): NamedImage[] {
  const found = new Map<string, NamedImage>()
  for (const word of words) {
    const image = findImage(store, word)
    const names = [...(found.get(image.manifestDigest)?.names ?? []), ...namesFor(image, word)]
    found.set(image.manifestDigest, { image, names: [...new Set(names)] })
  }
  return [...found.values()]
}

function namesFor({ names }: StoredImage, word: string): readonly string[] {
  try {
    const full = fullName(word)
    return names.includes(full) ? [full] : names
  } catch (error) {
    if (isIbuildError(error, 'REFERENCE_INVALID')) return names
    throw error
  }
}
