import { removeContainer } from '../../builder/container/remove-container.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { storeOf } from '../cli/open-store.ts'

/** `ibuild rm CONTAINER...`: prints the names that are gone. What they wrote goes with the next `ibuild prune`. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('rm', 'Remove containers that ibuild run --keep left').arguments('<container...>')
  const { words, options } = parseArguments<{ root?: string }>(parser, argv)
  const store = storeOf(options)
  for (const name of words) {
    await removeContainer(store, name)
    process.stdout.write(`${name}\n`)
  }
  return 0
}
