import test from 'ava'
import { isIbuildError } from '../../shared/base/errors.ts'
import { parseDockerfile } from './parse.ts'
import type { Dockerfile } from './types.ts'

const maxBytes = 4 * 1024 * 1024

/** Parses hostile input: an error other than ours escapes. */
function survives(bytes: Uint8Array): Dockerfile | undefined {
  try {
    return parseDockerfile(bytes, 'Dockerfile')
  } catch (error) {
    if (isIbuildError(error)) return undefined
    throw error
  }
}

/** Name, bytes: each must be done well under a second. */
const large: readonly (readonly [string, () => string])[] = [
  ['100 000 continuation lines', () => `FROM scratch\nRUN a${' \\\n  b'.repeat(100_000)}\n`],
  ['100 000 comments inside a continuation', () => `FROM scratch\nRUN a \\\n${'# c\n'.repeat(100_000)} b\n`],
  ['100 000 empty continuation lines', () => `FROM scratch\nRUN a \\\n${'\n'.repeat(100_000)} b\n`],
  ['a line of 1 MiB', () => `FROM scratch\nRUN ${'x'.repeat(1 << 20)}\n`],
  ['1 MiB of blanks inside a line', () => `FROM scratch\nRUN a${' '.repeat(1 << 20)}b\n`],
  ['1 MiB of blanks before a keyword', () => `FROM scratch\n${' '.repeat(1 << 20)}RUN b\n`],
  ['1 MiB of carriage returns inside a line', () => `FROM scratch\nRUN a${'\r'.repeat(1 << 20)}b\n`],
  ['1 MiB of escapes', () => `FROM scratch\nENV a=${'\\x'.repeat(1 << 19)}\n`],
  ['1 MiB of quotes', () => `FROM scratch\nENV a=${`"'"`.repeat(1 << 18)}'\n`],
  ['1 MiB of escaped blanks before the end of a line', () => `FROM scratch\nRUN ${'\\ '.repeat(1 << 19)}x\n`],
  ['blanks after a directive', () => `# escape=\\${' '.repeat(1 << 20)}x\nFROM scratch\n`],
  ['blanks inside a directive', () => `# escape${' '.repeat(1 << 20)}x\nFROM scratch\n`],
  ['300 000 words of COPY', () => `FROM scratch\nCOPY ${'a '.repeat(300_000)}/x/\n`],
  ['300 000 pairs of ENV', () => `FROM scratch\nENV ${'a=b '.repeat(300_000)}\n`],
  ['100 000 flags', () => `FROM scratch\nRUN ${'--mount=x '.repeat(100_000)}y\n`],
  ['a flag of 1 MiB', () => `FROM scratch\nCOPY --chown=${'"a"'.repeat(1 << 18)} a b\n`],
  ['a JSON array of 1 MiB', () => `FROM scratch\nCMD [${'"a",'.repeat(1 << 18)}"b"]\n`],
  ['an array nested 500 000 deep', () => `FROM scratch\nCMD ${'['.repeat(500_000)}${']'.repeat(500_000)}\n`],
  ['1 MiB of heredoc marks', () => `FROM scratch\nRUN ${'<'.repeat(1 << 20)}\n`],
  ['a heredoc mark, blanks, and another', () => `FROM scratch\nRUN <<${' '.repeat(1 << 20)}<\n`],
  ['1 MiB of digits before a heredoc mark', () => `FROM scratch\nRUN ${'1'.repeat(1 << 20)}<<\n`],
  ['50 000 heredocs of one line', () => `FROM scratch\nRUN cat${' <<E'.repeat(50_000)}\n${'E\n'.repeat(50_000)}`],
  ['50 000 substitutions on a line with a heredoc', () => `FROM scratch\nRUN ${'${a:-'.repeat(50_000)} <<E\n`],
  ['a heredoc of 3 MiB', () => `FROM scratch\nCOPY <<E /x\n${'line\n'.repeat(600_000)}E\n`],
  ['a heredoc that never ends', () => `FROM scratch\nCOPY <<-E /x\n${'\t\tline\n'.repeat(400_000)}`],
  ['100 000 instructions with a local check', () => `FROM scratch\n${'# check=skip=all\nCMD a\n'.repeat(100_000)}`],
  ['100 000 stages', () => 'FROM a AS b\n'.repeat(100_000)],
  ['4 MiB of empty lines', () => `FROM scratch\n${'\n'.repeat(maxBytes - 100)}`],
]

for (const [name, make] of large) {
  test.serial(`fast: ${name}`, (t) => {
    const bytes = Buffer.from(make())
    const start = performance.now()
    survives(bytes)
    const time = performance.now() - start
    t.true(time < 2000, `${Math.round(time)} ms`)
  })
}

test('broken bytes in many comments cost little', (t) => {
  const text = '# \xff\nLABEL a=\u00ef\u00bf\u00bd\n'.repeat(100_000)
  const start = performance.now()
  const dockerfile = survives(Buffer.from(`FROM scratch\n${text}`, 'latin1'))
  t.is(dockerfile?.stages[0]?.instructions.length, 100_000)
  t.true(performance.now() - start < 2000)
})
