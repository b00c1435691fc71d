import test from 'ava'
import fc from 'fast-check'
import { isIbuildError } from '../../shared/base/errors.ts'
import { parseDockerfile } from './parse.ts'
import { goldenCases } from './testing/golden.ts'
import type { Dockerfile, Instruction } from './types.ts'

const maxBytes = 4 * 1024 * 1024

function parse(text: string): Dockerfile {
  return parseDockerfile(Buffer.from(text), 'Dockerfile')
}

/** Parses hostile input: an error other than ours escapes. */
function survives(bytes: Uint8Array): Dockerfile | undefined {
  try {
    return parseDockerfile(bytes, 'Dockerfile')
  } catch (error) {
    if (isIbuildError(error, 'DOCKERFILE_SYNTAX', 'DOCKERFILE_EXPANSION', 'NOT_SUPPORTED')) return undefined
    throw error
  }
}

function instructionsOf({ metaArgs, stages }: Dockerfile): Instruction[] {
  return [...metaArgs, ...stages.flatMap(({ instructions }) => instructions)]
}

test('random bytes parse or are refused', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void survives(bytes)),
    { numRuns: 1000 },
  )
  t.pass()
})

const corpus = [...goldenCases('dockerfiles-parse'), ...goldenCases('dockerfiles-negative')]
const pieces = [
  ...'\\ ` " \' $ { << <<-EOF # -- = [ ] , --from= ["a"] \ufeff é \0'.split(' '),
  ...'FROM |RUN |COPY |ONBUILD |ENV |HEALTHCHECK |ARG |EOF\n|# escape=`\n|\n|\r\n|\t| '.split('|'),
]
const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  drop: fc.nat(12),
  piece: fc.constantFrom(...pieces),
})
const mutated = fc
  .record({ base: fc.constantFrom(...corpus), mutations: fc.array(mutation, { minLength: 1, maxLength: 6 }) })
  .map(({ base, mutations }) => {
    let text = Buffer.from(base.dockerfile).toString('latin1')
    for (const { at, drop, piece: added } of mutations) {
      const position = Math.floor(at * text.length)
      text = text.slice(0, position) + Buffer.from(added).toString('latin1') + text.slice(position + drop)
    }
    return Buffer.from(text, 'latin1')
  })

test('mutated Dockerfiles parse or are refused, and locations hold the lines they name', (t) => {
  fc.assert(
    fc.property(mutated, (bytes) => {
      const dockerfile = survives(bytes)
      if (dockerfile === undefined) return
      const lines = new TextDecoder().decode(bytes).split('\n')
      let last = 0
      for (const { startLine, endLine, text } of dockerfile.stages.flatMap(({ location, instructions }) => [
        location,
        ...instructions.map((instruction) => instruction.location),
      ])) {
        t.true(startLine > last && endLine >= startLine)
        t.is(
          text,
          lines
            .slice(startLine - 1, endLine)
            .join('\n')
            .replace(/\r+$/, ''),
        )
        last = endLine
      }
    }),
    { numRuns: 1500 },
  )
})

function withoutPlaces(text: string): unknown {
  return instructionsOf(parse(`FROM scratch\n${text}`)).map((instruction) => ({ ...instruction, location: undefined }))
}

test('an instruction means the same when its line is broken by continuations and comments', (t) => {
  const words = fc.array(fc.constantFrom('a', 'b=c', '"d e"', '$f', '&&', "'g'"), { minLength: 2, maxLength: 8 })
  const breaks = fc.constantFrom(' ', ' \\\n', ' \\  \n', ' \\\r\n', ' \\\n# comment\n', ' \\\n  # a\n\n')
  fc.assert(
    fc.property(
      fc.constantFrom('RUN', 'COPY', 'CMD'),
      words,
      fc.array(breaks, { minLength: 8, maxLength: 8 }),
      (k, w, b) => {
        const broken = w.map((word, index) => (b[index] ?? ' ') + word).join('')
        t.deepEqual(withoutPlaces(`${k}${broken}`), withoutPlaces(`${k} ${w.join(' ')}`))
      },
    ),
    { numRuns: 300 },
  )
})

function asLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}

test('heredoc bodies come through byte for byte', (t) => {
  const character = fc.constantFrom('a', '\t', ' ', '\\', '"', '$', '#', '\r', 'é')
  const body = fc.array(fc.string({ unit: character }), { maxLength: 6 })
  fc.assert(
    fc.property(body, body, (first, second) => {
      const file = `FROM scratch\nRUN <<E1 cat && <<-E2 cat\n${asLines(first)}E1\n${asLines(second)}\tE2\n`
      const [run] = instructionsOf(parse(file))
      if (run?.kind !== 'RUN' || run.command.form !== 'shell') throw new Error('not a RUN')
      t.is(run.command.heredocs[0]?.content, asLines(first))
      t.is(run.command.heredocs[1]?.content, asLines(second.map((line) => line.replace(/^\t+/, ''))))
    }),
    { numRuns: 300 },
  )
})

test('a file of 4 MiB is read, a larger one refused', (t) => {
  const head = 'FROM scratch\n#'
  t.is(parse(head + 'x'.repeat(maxBytes - head.length)).stages.length, 1)
  t.throws(() => parse(head + 'x'.repeat(maxBytes - head.length + 1)), { message: /larger than 4194304 bytes/ })
})

test('names of stages are lower case, indexes count, meta ARGs stay apart', (t) => {
  const { metaArgs, stages } = parse('ARG a=1\nFROM x AS One\nARG b\nFROM y\nARG c\nFROM one AS TWO\n')
  t.deepEqual(
    metaArgs.flatMap(({ args }) => args),
    [{ key: 'a', value: '1' }],
  )
  t.deepEqual(
    stages.map(({ name, index, base, instructions }) => [name, index, base, instructions.length]),
    [
      ['one', 0, 'x', 1],
      [undefined, 1, 'y', 1],
      ['two', 2, 'one', 0],
    ],
  )
})

test('an error names the file that it was given', (t) => {
  const error = t.throws(() => parseDockerfile(Buffer.from('FROM a\nRUNN\n'), 'sub/My.Dockerfile'))
  if (!isIbuildError(error)) throw error
  t.deepEqual(error.location, { file: 'sub/My.Dockerfile', startLine: 2, endLine: 2, text: 'RUNN' })
})

test('advice comes with errors that have any', (t) => {
  const hint = (text: string): string | undefined => {
    const error = t.throws(() => parse(text))
    return isIbuildError(error) ? error.hint : undefined
  }
  t.regex(hint('FROM a\nRUN <<EOF\nx\n EOF\n') ?? '', /Line 4 has white space around it/)
  t.regex(hint('FROM a\nRUN x &&\ny\n') ?? '', /needs a \\ at its end/)
  t.regex(hint('FROM a\nENV a=b c\n') ?? '', /Quote a value/)
  t.regex(hint('FROM a\nSHELL sh\n') ?? '', /SHELL \["/)
  t.regex(hint('FROM a\nCOPY --x a b\n') ?? '', /Flags of COPY: --chown/)
  t.regex(hint('FROM a\nUSER --x a\n') ?? '', /takes no flags/)
  t.is(hint('FROM a\nRUNN x\n'), undefined)
})
