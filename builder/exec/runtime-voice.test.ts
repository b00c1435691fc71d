import test from 'ava'
import { createRuntimeVoice } from './runtime-voice.ts'

type Written = readonly (readonly ['stdout' | 'stderr', string])[]

function hear(written: Written, program = '/s') {
  const heard: string[] = []
  const voice = createRuntimeVoice((stream, bytes) => heard.push(`${stream} ${Buffer.from(bytes).toString()}`))
  for (const [stream, text] of written) voice.onOutput(stream, Buffer.from(text))
  const early = heard.length
  const failure = voice.execFailure(program)
  voice.release()
  voice.release()
  return { early, failure, heard: heard.join('') }
}

const crun = '{"msg":"exec container process `/s`: Exec format error","level":"error","time":"2026-01-01T00:00:00Z"}\n'
const failures: [written: Written, program: string, failure: string | undefined][] = [
  [[['stderr', crun]], '/s', 'exec container process `/s`: Exec format error'],
  [[['stderr', 'exec /s: exec format error\n']], '/s', 'exec /s: exec format error'],
  [[['stderr', 'exec /bin/tool: no such file or directory\n']], 'tool', 'exec /bin/tool: no such file or directory'],
  [[['stderr', 'exec /s: exec format error\n']], '/bin/sh', undefined],
  [[['stderr', 'exec /s: exec format error\nmore\n']], '/s', undefined],
  [
    [
      ['stderr', crun],
      ['stderr', 'more'],
    ],
    '/s',
    undefined,
  ],
  [
    [
      ['stdout', 'x'],
      ['stderr', crun],
    ],
    '/s',
    undefined,
  ],
  [[['stdout', crun]], '/s', undefined],
  [[['stderr', '{"msg":"exec container process \n']], '/s', undefined],
  [[['stderr', '{"msg":"exec container process ","level":"info"}\n']], '/s', undefined],
  [[['stderr', 'runc run failed: x\n']], '/s', undefined],
  [[], '/s', undefined],
]

for (const [written, program, failure] of failures) {
  test(`${program} after ${JSON.stringify(written)}: ${failure}`, (t) => {
    const result = hear(written, program)
    t.is(result.failure, failure)
    t.is(result.heard, written.map(([stream, text]) => `${stream} ${text}`).join(''), 'nothing is lost or turned round')
  })
}

test('only what may be the runtime waits', (t) => {
  t.is(hear([['stderr', 'runc run failed: x\n']]).early, 0)
  t.is(hear([['stderr', 'executable file `x` not found in $PATH\n']]).early, 0)
  t.is(hear([['stderr', `exec ${'x'.repeat(10_000)}`]]).early, 1)
  t.is(hear([['stderr', 'Password: ']]).early, 1)
  t.is(
    hear([
      ['stderr', 'exec '],
      ['stderr', 'more'],
    ]).early,
    2,
  )
})
