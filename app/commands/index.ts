import { IbuildError } from '../../shared/base/errors.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import type { CommandModule } from '../cli/command-module.ts'
import { withHelp } from '../cli/usage-help.ts'

const help = `
create NAME IMAGE...   make an index of images, one for each platform
add NAME IMAGE...      put images into an index; equal platforms are replaced
inspect NAME           show what an index, or a manifest, names

All of them work on registries. ibuild index create --help tells more, as do the others.`

const commands: Readonly<Record<string, () => Promise<CommandModule>>> = {
  create: async () => import('../index/create.ts'),
  add: async () => import('../index/add.ts'),
  inspect: async () => import('../index/inspect.ts'),
}

/** `ibuild index create|add|inspect`. */
export async function run(argv: readonly string[]): Promise<number> {
  const [word = '', ...rest] = argv
  if (Object.hasOwn(commands, word)) return runPart(word, rest)
  const parser = createParser('index', 'Join images of several platforms under one name')
    .argument('<command>', 'create, add or inspect')
    .argument('[name...]', 'what it works on')
    .addHelpText('after', help)
  const { words } = parseArguments(parser, argv)
  throw new IbuildError('USAGE', `there is no ibuild index ${JSON.stringify(words[0] ?? '')}`, {
    hint: 'Use ibuild index create, add or inspect.',
  })
}

/** Wrong usage is led to the help of the part. */
async function runPart(word: string, rest: readonly string[]): Promise<number> {
  try {
    const part = await commands[word]?.()
    return (await part?.run(rest)) ?? 1
  } catch (error) {
    throw withHelp(error, `index ${word}`)
  }
}
