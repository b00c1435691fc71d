import test from 'ava'
import { createLog, type Log, type LogSettings } from './log.ts'

function logTo(settings: LogSettings, isTerminal = false): { log: Log; pieces: string[]; text: () => string } {
  const pieces: string[] = []
  const log = createLog(settings, { write: (piece) => pieces.push(piece), isTerminal })
  const text = (): string => {
    log.flush()
    return pieces.join('')
  }
  return { log, pieces, text }
}

test('lines below the level are not told, and the level can change', (t) => {
  const { log, text } = logTo({ level: 'warn', format: 'json' })
  log.info('one')
  log.warn('two')
  log.configure({ level: 'debug', format: 'json' })
  log.debug('three')
  t.is(log.level, 'debug')
  const lines = text()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { level: string; msg: string })
  t.deepEqual(
    lines.map(({ level, msg }) => [level, msg]),
    [
      ['warn', 'two'],
      ['debug', 'three'],
    ],
  )
})

const formats: readonly [format: LogSettings['format'], isTerminal: boolean, isText: boolean][] = [
  ['auto', true, true],
  ['auto', false, false],
  ['json', true, false],
  ['text', false, true],
]
for (const [format, isTerminal, isText] of formats) {
  test(`${format} ${isTerminal ? 'on a terminal' : 'elsewhere'} is ${isText ? 'text' : 'JSON'}`, (t) => {
    const { log, text } = logTo({ level: 'info', format }, isTerminal)
    log.info('it is so', { path: 'a b', count: 2, list: ['x'], nothing: undefined })
    if (isText) t.regex(text(), /^\S+Z info {2}it is so path="a b" count=2 list=\["x"\]\n$/)
    else t.like(JSON.parse(text()), { msg: 'it is so', path: 'a b', count: 2 })
  })
}

test('of an error its message, code and cause are told, and none of its own members', (t) => {
  const { log, text } = logTo({ level: 'info', format: 'json' })
  const cause = Object.assign(new Error('below'), { code: 'ENOSPC', headers: { authorization: 'hunter2' } })
  log.error('it failed', { error: Object.assign(new Error('above', { cause }), { token: 'hunter2' }) })
  const line = JSON.parse(text()) as { error: { message: string; stack: string; cause: object } }
  t.is(line.error.message, 'above')
  t.regex(line.error.stack, /log\.test\.ts/)
  t.deepEqual(line.error.cause, { code: 'ENOSPC', message: 'below' })
  t.notRegex(text(), /hunter2/)
})

test('lines of one turn are handed over together, and many of them in pieces', async (t) => {
  const { log, pieces } = logTo({ level: 'info', format: 'json' })
  for (let i = 0; i < 10; i++) log.info('one of a few')
  t.is(pieces.length, 0)
  await new Promise(setImmediate)
  t.is(pieces.length, 1)
  for (let i = 0; i < 2000; i++) log.info('one of many', { more: 'x'.repeat(50) })
  t.true(pieces.length > 2, 'memory stays bounded')
})

test('nothing that a terminal acts on comes out', (t) => {
  for (const format of ['json', 'text'] as const) {
    const { log, text } = logTo({ level: 'info', format })
    log.info('m', { agent: 'a\u001b[31m\u009b\u007f\r\nb\u2028' })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    t.notRegex(text(), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028]/, format)
    t.is(text().split('\n').length, 2)
  }
})
