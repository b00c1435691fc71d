import { createInterface } from 'node:readline'
import type { ReadStream } from 'node:tty'
import { IbuildError } from '../../shared/base/errors.ts'

/** Asks a question on a terminal; what is typed is seen. Errors: CANCELLED for Ctrl-C and Ctrl-D. */
export function askLine(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const onClose = (): void => {
    process.stderr.write('\n')
    reject(cancelled())
  }
  terminal.once('close', onClose)
  terminal.question(question, (line) => {
    terminal.off('close', onClose)
    resolve(line.trim())
    terminal.close()
  })
  return promise
}

/** Asks for a password on a terminal; nothing is seen of it. Errors: CANCELLED for Ctrl-C and Ctrl-D. */
export async function askSecret(question: string): Promise<string> {
  const input: ReadStream = process.stdin
  input.setRawMode(true) // before the question: whoever answers at once would see it
  input.setEncoding('utf8')
  try {
    process.stderr.write(question)
    // what comes after the answer is for the next question
    return await readSecret(input.iterator({ destroyOnReturn: false }))
  } finally {
    input.setRawMode(false)
    input.pause()
    process.stderr.write('\n')
  }
}

async function readSecret(input: AsyncIterable<string>): Promise<string> {
  let secret = ''
  for await (const text of input) {
    for (const key of text) {
      if (key === '\r' || key === '\n') return secret
      if (key === '\u0003' || key === '\u0004') throw cancelled()
      if (key === '\u007f' || key === '\b') secret = Array.from(secret).slice(0, -1).join('')
      else if (key >= ' ') secret += key
    }
  }
  return secret
}

function cancelled(): IbuildError {
  return new IbuildError('CANCELLED', 'nothing was answered')
}
