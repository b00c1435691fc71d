import { writeOutput } from '../../builder/export/write-output.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { imageOf, storeOf } from '../cli/open-store.ts'

interface Flags {
  readonly root?: string
  readonly output?: string
  readonly format: string
}

/** `ibuild save IMAGE`: an archive on stdout or in a file. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('save', 'Write an image to an archive')
    .argument('<image>')
    .option('-o, --output <file>', 'file to write (default: stdout)')
    .option('--format <format>', 'docker (any tool can load it) or oci', 'docker')
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const [word, ...extra] = words
  if (word === undefined || extra.length > 0) throw new IbuildError('USAGE', 'ibuild save takes one image')
  if (flags.format !== 'docker' && flags.format !== 'oci') {
    throw new IbuildError('USAGE', `--format: ${JSON.stringify(flags.format)} is not docker or oci`)
  }
  if (flags.output === undefined && process.stdout.isTTY) {
    throw new IbuildError('USAGE', 'an archive is not written to a terminal', {
      hint: 'Give -o FILE, or redirect stdout.',
    })
  }
  const store = storeOf(flags)
  const image = imageOf(store, word)
  const names = image.names.length > 1 ? namedBy(image.names, word) : image.names
  const output = { type: flags.format, dest: flags.output ?? '-' } as const
  await writeOutput({ store, image, output, stdout: process.stdout, names })
  return 0
}

/** The one name that was asked for; all of them when the image was named by its ID. */
function namedBy(names: readonly string[], word: string): readonly string[] {
  const exact = names.filter((name) => name === word || name.endsWith(`/${word}`) || name.endsWith(`/${word}:latest`))
  return exact.length === 1 ? exact : names
}
