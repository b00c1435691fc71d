import type { Command } from './contender.ts'

/** One command that runs a program with the first arguments and, when that ends well, with the second ones. */
export function inTurn(
  { program, options }: Pick<Command, 'program' | 'options'>,
  first: Command['args'],
  second: Command['args'],
): Command {
  const script = [first, second].map((args) => [program, ...args].map(quoted).join(' ')).join(' && ')
  return { program: 'sh', args: ['-c', script], options }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
