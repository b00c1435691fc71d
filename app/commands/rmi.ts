import type { Store, StoredImage } from '../../builder/store/types.ts'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { fullName, shortName } from '../../shared/base/reference.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { imageOf, storeOf } from '../cli/open-store.ts'
import { describeError, exitCodeOf } from '../cli/report-error.ts'
import { childrenOf } from '../listing/children.ts'

interface Flags {
  readonly root?: string
  readonly force?: boolean
}

const help = `
By name: that name is taken away, and with its last name the image goes.
By ID or digest: the image goes with its only name.
Without --force an image stays that
  - is given by ID and has several names, or other images were built on it;
  - would go while a container of ibuild run --keep was made from it.
Nothing that is left ever misses a layer: images, containers and the build cache keep
those that they have. ibuild prune frees the bytes.`

/** `ibuild rmi`: a name is taken away; with its last name, or given by ID, the image goes. Goes on after a failure. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('rmi', 'Remove names and images')
    .arguments('<image...>')
    .option('-f, --force', 'remove it all the same; an image that is not there is no failure')
    .addHelpText('after', help)
  const { words, options } = parseArguments<Flags>(parser, argv)
  const store = storeOf(options)
  const codes: number[] = []
  for (const word of words) codes.push(await tryRemove(store, word, options))
  return words.length === 1 ? (codes[0] ?? 0) : Math.min(1, Math.max(...codes))
}

async function tryRemove(store: Store, word: string, flags: Flags): Promise<number> {
  try {
    for await (const line of removeOne(store, word, flags)) process.stdout.write(`${line}\n`)
    return 0
  } catch (error) {
    if (!isIbuildError(error)) throw error
    process.stderr.write(describeError(error))
    return flags.force === true && error.code === 'IMAGE_NOT_FOUND' ? 0 : exitCodeOf(error)
  }
}

/** Each line is given when what it says was done. */
async function* removeOne(store: Store, word: string, { force = false }: Flags): AsyncGenerator<string> {
  const name = nameOf(word)
  const image = findOrUntag(store, word, name)
  if (image === undefined) {
    if (name !== undefined && (await store.tags.remove(name))) yield `untagged: ${shortName(name)}`
    return
  }
  const byName = name !== undefined && image.names.includes(name)
  const images = byName || word === image.manifestDigest ? [image] : sameID(store, image)
  const names = images.flatMap((each) => each.names)
  if (!byName && !force) checkByID(store, image, names)
  const goes = !byName || names.length === 1
  if (goes && !force) for (const each of images) checkContainers(store, each)
  for (const each of byName ? [name] : names) if (await store.tags.remove(each)) yield `untagged: ${shortName(each)}`
  if (!goes) return
  for (const each of images) if (await store.images.remove(each.manifestDigest)) yield `deleted: ${each.imageID}`
}

/** One config may be in several manifests, which differ in annotations: an ID means all of them. */
function sameID(store: Store, { imageID }: StoredImage): StoredImage[] {
  return store.images.list().filter((image) => image.imageID === imageID)
}

/** Undefined for a name whose tag is damaged, so that it is not known what it names. */
function findOrUntag(store: Store, word: string, name: string | undefined): StoredImage | undefined {
  try {
    return imageOf(store, word)
  } catch (error) {
    if (name !== undefined && isIbuildError(error, 'STORE_INVALID')) return undefined
    throw error
  }
}

/** The full name that the word may be, rather than an ID or digest. */
function nameOf(word: string): string | undefined {
  try {
    return fullName(word)
  } catch (error) {
    if (isIbuildError(error, 'REFERENCE_INVALID', 'DIGEST_INVALID')) return undefined
    throw error
  }
}

function checkByID(store: Store, image: StoredImage, names: readonly string[]): void {
  const { imageID } = image
  if (names.length > 1) {
    throw inUse(`image ${imageID} has several names: ${names.map(shortName).join(', ')}`, {
      hint: 'Remove it by name, or give --force to remove all of its names.',
    })
  }
  const children = childrenOf(image, store.images.list())
  if (children.length === 0) return
  throw inUse(`image ${imageID} has other images built on it: ${listOf(children.map(callOf))}`, {
    hint: 'Remove it by name, or give --force: those images keep their layers.',
  })
}

function checkContainers(store: Store, { imageID, manifestDigest }: StoredImage): void {
  const users = store.containers.list().filter((container) => container.manifestDigest === manifestDigest)
  if (users.length === 0) return
  throw inUse(`image ${imageID} has containers made from it: ${listOf(users.map(({ name }) => name))}`, {
    hint: 'Remove them with ibuild rm, or give --force: they keep what they need.',
  })
}

function callOf({ names, imageID }: StoredImage): string {
  return names[0] === undefined ? imageID : shortName(names[0])
}

/** At most five words of a list that may be long. */
function listOf(words: readonly string[]): string {
  const rest = words.length - 5
  return words.slice(0, 5).join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}

function inUse(message: string, options: { readonly hint: string }): IbuildError {
  return new IbuildError('IMAGE_IN_USE', message, options)
}
