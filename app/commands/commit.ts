import { type CommitBase, commitImage } from '../../builder/container/commit-image.ts'
import { findSubject } from '../../builder/container/subject.ts'
import type { Store } from '../../builder/store/types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { fullName } from '../../shared/base/reference.ts'
import { collect, createParser, parseArguments } from '../cli/arguments.ts'
import { storeOf } from '../cli/open-store.ts'

interface Flags {
  readonly root?: string
  readonly change?: string[]
  readonly message?: string
  readonly author?: string
}

/** `ibuild commit CONTAINER|IMAGE [NAME]`: prints the ID of the new image. */
export async function run(argv: readonly string[]): Promise<number> {
  const { words, options: flags } = parseArguments<Flags>(commitParser(), argv)
  const [source, name, ...extra] = words
  if (source === undefined || extra.length > 0)
    throw new IbuildError('USAGE', 'ibuild commit takes a container or an image, and a name')
  const full = name === undefined ? undefined : fullName(name)
  const store = storeOf(flags)
  // To read: the image takes the lock itself, when there is what it is made of.
  const lock = await store.lockShared({ reading: true })
  try {
    const image = await commitImage(store, baseOf(store, source), {
      name: full,
      changes: flags.change ?? [],
      message: flags.message,
      author: flags.author,
      now: () => new Date(),
      onNotice: (message) => process.stderr.write(`${message}\n`),
    })
    process.stdout.write(`${image.imageID}\n`)
    return 0
  } finally {
    lock.release()
  }
}

function commitParser() {
  return createParser('commit', 'Make an image of a container, or of an image with another config')
    .argument('<source>', 'container, or image; a name of both is the container')
    .argument('[name]', 'name of the new image')
    .option(
      '-c, --change <instruction>',
      'Dockerfile instruction for the config, for example ENV A=b (repeat)',
      collect,
    )
    .option('-m, --message <text>', 'comment of the history entry')
    .option('-a, --author <text>', 'author of the image')
}

function baseOf(store: Store, text: string): CommitBase {
  const subject = findSubject(store, text)
  if (subject.kind === 'container') return subject.container
  return { config: subject.image.config, layer: undefined, command: [] }
}
