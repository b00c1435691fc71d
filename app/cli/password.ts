import { text } from 'node:stream/consumers'
import { IbuildError } from '../../shared/base/errors.ts'
import { askSecret } from './prompt.ts'

/** A password from stdin: all of it, without the line feed at its end. */
export async function passwordOfStdin(): Promise<string> {
  return (await text(process.stdin)).replace(/\r?\n$/, '')
}

/** Fails where nobody can be asked; `hint` says what to do instead. Errors: USAGE. */
export function needTerminal(hint: string): void {
  if (process.stdin.isTTY) return
  throw new IbuildError('USAGE', 'there is no terminal to ask for a password', { hint })
}

/** A new password, asked for twice: nothing is seen of it. Errors: USAGE, CANCELLED. */
export async function askNewPassword(hint: string): Promise<string> {
  needTerminal(hint)
  const password = await askSecret('New password: ')
  if ((await askSecret('The same again: ')) === password) return password
  throw new IbuildError('USAGE', 'the two passwords are not the same')
}
