import test from 'ava'
import type { ErrorCode } from '../../shared/base/error-codes.ts'
import { isIbuildError, type SourceLocation } from '../../shared/base/errors.ts'
import { parseDockerfile } from './parse.ts'
import { goldenCases, plain } from './testing/golden.ts'

/** The lines that a location names. */
function linesOf(dockerfile: Uint8Array, location: SourceLocation | undefined): string | undefined {
  if (location === undefined) return undefined
  const lines = new TextDecoder().decode(dockerfile).split('\n')
  return lines.slice(location.startLine - 1, location.endLine).join('\n')
}

const negative = goldenCases('dockerfiles-negative')

test('there are at least 60 negative cases', (t) => {
  t.true(negative.length >= 60)
})

for (const { name, dockerfile, expected } of negative) {
  test(`negative: ${name}`, (t) => {
    const { code, line, message } = expected as { code: ErrorCode; line: number; message: string }
    const error = t.throws(() => parseDockerfile(dockerfile, 'Dockerfile'))
    if (!isIbuildError(error)) throw error
    t.is(error.code, code)
    t.true(error.message.includes(message), `${error.message}\ndoes not include\n${message}`)
    t.is(error.location?.file, 'Dockerfile')
    t.is(error.location?.startLine, line)
    if (error.location?.text !== '') t.is(error.location?.text, linesOf(dockerfile, error.location))
  })
}

for (const { name, dockerfile, expected } of goldenCases('dockerfiles-parse')) {
  test(`positive: ${name}`, (t) => {
    t.deepEqual(plain(parseDockerfile(dockerfile, 'Dockerfile')), expected)
  })
}
