import test from 'ava'
import type { ErrorCode } from '../../shared/base/error-codes.ts'
import { isIbuildError } from '../../shared/base/errors.ts'
import { parseDockerfile, parseTrigger } from './parse.ts'
import type { Instruction } from './types.ts'

const location = { file: 'Dockerfile', startLine: 1, endLine: 1, text: 'FROM base' }
const options = { escape: '\\', location } as const

test('a trigger is an instruction at the place of the FROM', (t) => {
  t.deepEqual(parseTrigger('COPY --chown=1 a b', options), {
    kind: 'COPY',
    location,
    source: 'COPY --chown=1 a b',
    sources: ['a'],
    heredocs: [],
    destination: 'b',
    from: undefined,
    chown: '1',
    chmod: undefined,
    unpack: undefined,
  })
})

function parseLine(text: string): Instruction | undefined {
  return parseDockerfile(Buffer.from(`FROM scratch\n${text}\n`), 'f').stages[0]?.instructions[0]
}

test('what ONBUILD stores reads back as the instruction itself', (t) => {
  const instructions = [
    'RUN echo "$x" && y',
    'RUN <<EOF\necho\nEOF',
    'COPY <<a <<-"b" /x/\n1\na\n\t2\n\tb',
    'ENV a=b \\\n  c="d e"',
    'CMD ["a", "b"]',
    'HEALTHCHECK --interval=1s CMD x',
    'WORKDIR /a b',
  ]
  for (const text of instructions) {
    const onbuild = parseLine(`ONBUILD ${text}`)
    const direct = parseLine(text)
    if (onbuild?.kind !== 'ONBUILD' || direct === undefined) throw new Error(text)
    t.deepEqual({ ...parseTrigger(onbuild.trigger, options), location: undefined }, { ...direct, location: undefined })
  }
})

const failing: readonly (readonly [string, ErrorCode, string])[] = [
  ['', 'DOCKERFILE_SYNTAX', 'no instruction'],
  ['# only a comment', 'DOCKERFILE_SYNTAX', 'no instruction'],
  ['RUN a\nRUN b', 'DOCKERFILE_SYNTAX', 'more than one instruction'],
  ['FROM x', 'DOCKERFILE_SYNTAX', "FROM isn't allowed as an ONBUILD trigger"],
  ['ONBUILD RUN x', 'DOCKERFILE_SYNTAX', 'Chaining ONBUILD'],
  ['MAINTAINER me', 'DOCKERFILE_SYNTAX', "MAINTAINER isn't allowed"],
  ['RNU x', 'DOCKERFILE_SYNTAX', 'unknown instruction: RNU (did you mean RUN?)'],
  ['RUN <<EOF\nx', 'DOCKERFILE_SYNTAX', 'unterminated heredoc'],
  ['RUN --mount=type=tmpfs,target=/x y', 'NOT_SUPPORTED', 'RUN --mount is not supported yet'],
  ['ADD https://example.com/a b', 'NOT_SUPPORTED', 'ADD of a URL is not supported yet'],
  [`RUN ${'x'.repeat(4 * 1024 * 1024)}`, 'DOCKERFILE_SYNTAX', 'longer than 4194304 characters'],
]

for (const [text, code, message] of failing) {
  test(`a trigger cannot be ${JSON.stringify(text.slice(0, 40))}`, (t) => {
    const error = t.throws(() => parseTrigger(text, options))
    if (!isIbuildError(error)) throw error
    t.is(error.code, code)
    t.true(error.message.startsWith('in the ONBUILD trigger "'), error.message)
    t.true(error.message.includes(message), error.message)
    t.deepEqual(error.location, location)
  })
}
