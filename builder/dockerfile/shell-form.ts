import { parseHeredocWord } from './heredoc.ts'
import type { CommandLine } from './types.ts'

type ShellCommand = Extract<CommandLine, { form: 'shell' }>

export interface ResolvedShellForm {
  /** The one argument after the words of SHELL. */
  readonly text: string
  /** A script that must be there while the command runs, at `/dev/pipes/<name>`, mode 0755. */
  readonly file?: { readonly name: string; readonly path: string; readonly content: string }
}

/**
 * What the shell of a RUN is given (docs/dockerfile.md H05, H06). A heredoc as the only word is a script of its own when it
 * starts with `#!`, else its body is the command. With other words around, the shell reads the heredocs itself.
 */
export function resolveShellForm({ text, heredocs }: ShellCommand): ResolvedShellForm {
  const [first] = heredocs
  if (first === undefined) return { text }
  if (parseHeredocWord(text) === undefined) {
    return { text: [text, ...heredocs.map(({ content, name }) => content + name)].join('\n') }
  }
  if (!first.content.startsWith('#!')) return { text: first.content }
  const path = `/dev/pipes/${first.name}`
  return { text: path, file: { name: first.name, path, content: first.content } }
}
