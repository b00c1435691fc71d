import type { Store, StoredImage } from '../../builder/store/types.ts'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { fullName, shortName } from '../../shared/base/reference.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { imageOf, storeOf } from '../cli/open-store.ts'

interface Flags {
  readonly root?: string
  readonly force?: boolean
}

/** `ibuild rmi`: a name is taken away; with its last name, or given by ID, the image goes. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('rmi', 'Remove names and images')
    .arguments('<image...>')
    .option('-f, --force', 'remove an image that has several names by its ID')
  const { words, options } = parseArguments<Flags>(parser, argv)
  const store = storeOf(options)
  for (const word of words) for (const line of await removeOne(store, word, options)) process.stdout.write(`${line}\n`)
  return 0
}

async function removeOne(store: Store, word: string, { force }: Flags): Promise<string[]> {
  const image = imageOf(store, word)
  const name = nameOf(image, word)
  if (name === undefined && image.names.length > 1 && force !== true) throw severalNames(image)
  const all = image.names // read anew at each use, so it shrinks
  const names = name === undefined ? all : [name]
  const lines: string[] = []
  for (const each of names) if (await store.tags.remove(each)) lines.push(`untagged: ${shortName(each)}`)
  if (names.length < all.length) return lines
  await store.images.remove(image.manifestDigest)
  return [...lines, `deleted: ${image.imageID}`]
}

/** The full name, when the word is one of the image's names rather than an ID or digest. */
function nameOf(image: StoredImage, word: string): string | undefined {
  try {
    const full = fullName(word)
    return image.names.find((name) => name === full)
  } catch (error) {
    if (isIbuildError(error, 'REFERENCE_INVALID', 'DIGEST_INVALID')) return undefined
    throw error
  }
}

function severalNames({ imageID, names }: StoredImage): IbuildError {
  const list = names.map(shortName).join(', ')
  return new IbuildError('IMAGE_IN_USE', `image ${imageID} has several names: ${list}`, {
    hint: 'Remove it by name, or give --force to remove all of its names.',
  })
}
