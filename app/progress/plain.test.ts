import test from 'ava'
import type { BuildEvent } from '../../builder/solve/events.ts'
import { plainProgress } from './plain.ts'

function show(...events: BuildEvent[]): string {
  let text = ''
  const emit = plainProgress((more) => {
    text += more
  })
  for (const event of events) emit(event)
  return text.replace(/^(#\d+) \d+\.\d{3} /gm, '$1 T ')
}

const started: BuildEvent = { type: 'step-started', step: 1, title: 'RUN x' }
const done: BuildEvent = { type: 'step-done', step: 1, title: 'RUN x', elapsed: 1234 }
const output = (bytes: Uint8Array | string): BuildEvent => ({
  type: 'step-output',
  step: 1,
  stream: 'stdout',
  bytes: Buffer.from(bytes),
})

test('output comes in whole lines, the last one when the step ends', (t) => {
  t.is(show(started, output('a\nb'), output('c\nd'), done), '#1 RUN x\n#1 T a\n#1 T bc\n#1 T d\n#1 DONE 1.2s\n\n')
})

test('a character that is cut between two pieces of output stays one', (t) => {
  const bytes = Buffer.from('aé€b\n')
  for (let at = 1; at < bytes.length; at++) {
    t.is(show(started, output(bytes.subarray(0, at)), output(bytes.subarray(at))), '#1 RUN x\n#1 T aé€b\n')
  }
})

test('output without a line feed is shown in bounded pieces', (t) => {
  const pieces = Array.from({ length: 64 }, () => output('x'.repeat(10_000)))
  const lines = show(started, ...pieces, done).split('\n')
  t.true(Math.max(...lines.map((line) => line.length)) < 80_000)
  t.is(lines.join('').match(/x/g)?.length, 640_000 + 1, 'with the one of the title')
})

const escapes: [name: string, text: string][] = [
  ['a retitled terminal', '\u001b]0;owned\u0007'],
  ['a cleared screen', '\u001b[2J\u001b[H'],
  ['colours', '\u001b[31m'],
  ['a C1 control', '\u009b31m'],
  ['a device query', '\u001b[c\u001bZ'],
  ['a bell and a backspace', '\u0007\b\b'],
  ['a string of device control', '\u001bP$q"p\u001b\\'],
  ['an unfinished sequence', '\u001b['],
  ['a link', '\u001b]8;;http://x\u001b\\text\u001b]8;;\u001b\\'],
]

const isControl = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/

for (const [name, text] of escapes) {
  test(`${name} stays out of every event`, (t) => {
    const title = `RUN ${text}`
    const location = { file: 'Dockerfile', startLine: 1, endLine: 1, text }
    const shown = show(
      { type: 'step-started', step: 1, title },
      output(`${text}\n`),
      output(text),
      { type: 'step-failed', step: 1, title, elapsed: 1 },
      { type: 'step-cached', step: 2, title },
      { type: 'notice', message: text },
      { type: 'warning', warning: { rule: 'JSONArgsRecommended', message: text, location } },
    )
    t.notRegex(shown, isControl)
  })
}
