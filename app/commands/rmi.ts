import type { Store } from '../../builder/store/types.ts'
import { isIbuildError } from '../../shared/base/errors.ts'
import { shortName } from '../../shared/base/reference.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { tellDamagedContainers } from '../cli/damaged-containers.ts'
import { storeOf } from '../cli/open-store.ts'
import { describeError, exitCodeOf } from '../cli/report-error.ts'
import { type Removed, removeImage } from '../listing/remove-image.ts'

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
  if (options.force !== true)
    tellDamagedContainers(
      store,
      'warning: of which image a damaged container was made is not known; images go all the same',
    )
  const codes: number[] = []
  for (const word of words) codes.push(await tryRemove(store, word, options))
  return words.length === 1 ? (codes[0] ?? 0) : Math.min(1, Math.max(...codes))
}

async function tryRemove(store: Store, word: string, flags: Flags): Promise<number> {
  try {
    for await (const removed of removeImage(store, word, flags)) process.stdout.write(lineOf(removed))
    return 0
  } catch (error) {
    if (!isIbuildError(error)) throw error
    process.stderr.write(describeError(error))
    return flags.force === true && error.code === 'IMAGE_NOT_FOUND' ? 0 : exitCodeOf(error)
  }
}

function lineOf(removed: Removed): string {
  return removed.kind === 'name' ? `untagged: ${shortName(removed.name)}\n` : `deleted: ${removed.imageID}\n`
}
