import { IbuildError } from '../../../shared/base/errors.ts'
import { askLine } from '../prompt.ts'

/** Goes on when a person says yes, or said so before with `--yes`. Errors: CANCELLED; USAGE where nobody can be asked. */
export async function confirm(question: string, { yes }: { readonly yes?: boolean }): Promise<void> {
  if (yes === true) return
  if (!process.stdin.isTTY)
    throw new IbuildError('USAGE', `there is no terminal to ask: ${question}`, {
      hint: 'Say yes beforehand with --yes.',
    })
  const answer = await askLine(`${question} [y/N] `)
  if (/^y(?:es)?$/i.test(answer)) return
  throw new IbuildError('CANCELLED', 'the answer was not yes: nothing was done')
}
