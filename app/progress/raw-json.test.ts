import test from 'ava'
import fc from 'fast-check'
import type { BuildEvent } from '../../builder/solve/events.ts'
import { parseDigest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { rawJsonProgress } from './raw-json.ts'
import type { Progress } from './types.ts'

type Line = Record<string, unknown>

function show(work: (progress: Progress) => void): Line[] {
  let text = ''
  work(
    rawJsonProgress(
      (line) => (text += line),
      () => new Date(0),
    ),
  )
  return parseLines(text)
}

function parseLines(text: string): Line[] {
  if (!text.endsWith('\n')) throw new Error('the last line does not end')
  const lines = text.slice(0, -1).split('\n')
  for (const line of lines)
    if (/[\u0000-\u001f\u007f-\u009f]/.test(line)) throw new Error(`a control character: ${line}`)
  return lines.map((line) => JSON.parse(line) as Line)
}

const shown = (...events: BuildEvent[]): Line[] => show(({ emit }) => events.forEach(emit)).slice(1)
const time = '1970-01-01T00:00:00.000Z'
const output = (bytes: Uint8Array | string | number[], stream: 'stdout' | 'stderr' = 'stdout'): BuildEvent => ({
  type: 'step-output',
  step: 1,
  stream,
  bytes: typeof bytes === 'string' ? Buffer.from(bytes) : Uint8Array.from(bytes),
})
const done: BuildEvent = { type: 'step-done', step: 1, title: 'RUN x', elapsed: 1234.56789 }
const location = { file: 'Dockerfile', startLine: 2, endLine: 2, text: 'RUN x' }
const digest = parseDigest(`sha256:${'a'.repeat(64)}`)

test('the first line tells the schema', (t) => {
  const [first] = show(() => undefined)
  t.like(first, { type: 'started', time, schema: 1 })
  t.is(typeof first?.['version'], 'string')
})

const reason = { code: 'instruction', text: 'the instruction changed' } as const
const rows: [event: BuildEvent, line: Line][] = [
  [
    { type: 'step-started', step: 1, title: 'RUN x', reason },
    { type: 'step-started', time, step: 1, title: 'RUN x', reason },
  ],
  [
    { type: 'step-started', step: 1, title: 'RUN x' },
    { type: 'step-started', time, step: 1, title: 'RUN x' },
  ],
  [
    { type: 'step-cached', step: 2, title: 'COPY a b' },
    { type: 'step-cached', time, step: 2, title: 'COPY a b' },
  ],
  [output('a\n'), { type: 'step-output', time, step: 1, stream: 'stdout', text: 'a\n' }],
  [output([0xff, 0x41], 'stderr'), { type: 'step-output', time, step: 1, stream: 'stderr', base64: '/0E=' }],
  [done, { type: 'step-done', time, step: 1, title: 'RUN x', elapsed: 1234.568 }],
  [
    { ...done, type: 'step-failed' },
    { type: 'step-failed', time, step: 1, title: 'RUN x', elapsed: 1234.568 },
  ],
  [
    { ...done, type: 'step-cancelled' },
    { type: 'step-cancelled', time, step: 1, title: 'RUN x', elapsed: 1234.568 },
  ],
  [
    { type: 'notice', message: 'm' },
    { type: 'notice', time, message: 'm' },
  ],
  [
    { type: 'warning', warning: { rule: 'R', message: 'm', location } },
    { type: 'warning', time, warning: { rule: 'R', message: 'm', location } },
  ],
]
for (const [event, line] of rows)
  test(`${event.type}: ${JSON.stringify(line)}`, (t) => t.deepEqual(shown(event), [line]))

test('the result comes last, unless showing it fails', (t) => {
  const told = { imageID: digest, manifestDigest: digest, tags: ['a:1'], wroteToStdout: false }
  const result = { ...told, baseLayers: [digest], steps: [], outputs: [] }
  const lines = show(({ finish }) => {
    t.true(finish({ result }))
    t.true(finish({ error: new Error('late') }))
  })
  t.deepEqual(lines.slice(1), [
    { type: 'result', time, ...told },
    { type: 'error', time, message: 'Error: late' },
  ])
})

test('the last line is the error', (t) => {
  const error = new IbuildError('RUN_FAILED', 'it \u001b[31mfailed', { location, hint: 'h' })
  t.deepEqual(show(({ finish }) => finish({ error })).slice(1), [
    { type: 'error', time, code: 'RUN_FAILED', message: 'it \u001b[31mfailed', hint: 'h', location },
  ])
})

test('control characters are escaped, not lost', (t) => {
  const text = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).join('')
  t.is(shown(output(text))[0]?.['text'], text)
})

function bytesOf(lines: readonly Line[]): Buffer {
  return Buffer.concat(
    lines.flatMap(({ text, base64 }) =>
      typeof text === 'string'
        ? [Buffer.from(text)]
        : typeof base64 === 'string'
          ? [Buffer.from(base64, 'base64')]
          : [],
    ),
  )
}

test('a character that is cut between two pieces stays one', (t) => {
  const bytes = Buffer.from('aé€😀b')
  for (let at = 1; at < bytes.length; at++) {
    const lines = shown(output(bytes.subarray(0, at)), output(bytes.subarray(at)), done)
    t.true(lines.every((line) => !('base64' in line)))
    t.is(lines.map(({ text = '' }) => text).join(''), 'aé€😀b')
  }
})

test('a character that is never completed is told when the step ends', (t) => {
  const lines = shown(output([0x41, 0xe2, 0x82]), done)
  t.deepEqual(
    lines.map(({ type, text, base64 }) => [type, text ?? base64]),
    [
      ['step-output', 'A'],
      ['step-output', '4oI='],
      ['step-done', undefined],
    ],
  )
})

test('whatever the output and however it is cut, its bytes can be put together again', (t) => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 12 }),
    fc.string({ unit: 'binary', maxLength: 6 }).map((text) => new Uint8Array(Buffer.from(text))),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      t.deepEqual(bytesOf(shown(...pieces.map((bytes) => output(bytes)), done)), Buffer.concat(pieces))
    }),
    { numRuns: 300 },
  )
})
