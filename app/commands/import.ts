import { createReadStream } from 'node:fs'
import { access } from 'node:fs/promises'
import { importRootfs } from '../../builder/export/import.ts'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { fullName } from '../../shared/base/reference.ts'
import { collect, createParser, parseArguments } from '../cli/arguments.ts'
import { storeOf } from '../cli/open-store.ts'

interface Flags {
  readonly root?: string
  readonly change?: string[]
  readonly message?: string
}

/** `ibuild import FILE|- [NAME]`: prints the image ID. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('import', 'Make an image from a root filesystem tar')
    .argument('<file>', 'tar, possibly compressed, or - for stdin')
    .argument('[name]', 'name of the image')
    .option(
      '-c, --change <instruction>',
      'Dockerfile instruction for the config, for example CMD ["sh"] (repeat)',
      collect,
    )
    .option('-m, --message <text>', 'comment of the history entry')
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const [file, name, ...extra] = words
  if (file === undefined || extra.length > 0) throw new IbuildError('USAGE', 'ibuild import takes FILE and NAME')
  const image = await importRootfs(storeOf(flags), await openSource(file), {
    changes: flags.change ?? [],
    message: flags.message ?? `imported from ${file}`,
    name: name === undefined ? undefined : fullName(name),
    now: new Date(),
  })
  process.stdout.write(`${image.imageID}\n`)
  return 0
}

async function openSource(file: string): Promise<AsyncIterable<Uint8Array>> {
  if (file === '-') return process.stdin
  try {
    await access(file)
  } catch (error) {
    throw new IbuildError('USAGE', `cannot read ${file}: ${errnoOf(error) ?? String(error)}`, { cause: error })
  }
  return createReadStream(file, { highWaterMark: 1 << 20 })
}
