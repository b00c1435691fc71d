import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { abortable, cancellable, untilAborted } from './abort.ts'
import { IbuildError } from './errors.ts'

const aborted = AbortSignal.abort(new Error('enough'))

test('work whose signal has aborted is not begun', async (t) => {
  let begun = false
  const work = async (): Promise<void> => {
    begun = true
  }
  const error = await t.throwsAsync(cancellable(aborted, work), { code: 'CANCELLED' })
  t.is((error.cause as Error).message, 'enough')
  t.false(begun)
})

const rows: [name: string, error: unknown, code: string | undefined][] = [
  ['the reason', aborted.reason, 'CANCELLED'],
  ['an AbortError of a library', new DOMException('stopped', 'AbortError'), 'CANCELLED'],
  ['an error of ours', new IbuildError('DISK_FULL', 'full'), 'DISK_FULL'],
  ['any other error', new TypeError('x'), undefined],
]
for (const [name, thrown, code] of rows) {
  test(`${name}, thrown after the abort, is ${code ?? 'itself'}`, async (t) => {
    const controller = new AbortController()
    const work = async (): Promise<never> => {
      controller.abort(aborted.reason)
      throw thrown
    }
    const error = await t.throwsAsync(cancellable(controller.signal, work), { any: true })
    t.is((error as { code?: unknown }).code, code)
    if (code === undefined) t.is(error, thrown)
  })
}

test('an AbortError without an abort of ours stays what it is', async (t) => {
  const thrown = new DOMException('other', 'AbortError')
  const work = async (): Promise<never> => Promise.reject(thrown)
  for (const signal of [undefined, new AbortController().signal])
    t.is(await t.throwsAsync(cancellable(signal, work), { any: true }), thrown)
})

async function* count(log: string[]): AsyncGenerator<number> {
  try {
    for (let i = 0; ; i++) yield i
  } finally {
    log.push('stopped')
  }
}

test('pieces come until the abort, and the source is told to stop', async (t) => {
  const controller = new AbortController()
  const log: string[] = []
  const seen: number[] = []
  const read = async (): Promise<void> => {
    for await (const piece of abortable(count(log), controller.signal)) {
      seen.push(piece)
      if (piece === 3) controller.abort(new Error('enough'))
    }
  }
  await t.throwsAsync(read(), { message: 'enough' })
  t.deepEqual(seen, [0, 1, 2, 3])
  t.deepEqual(log, ['stopped'])
})

test('a silent stream does not hold the abort up, and is destroyed', async (t) => {
  const stream = new PassThrough()
  const controller = new AbortController()
  setTimeout(() => controller.abort(new Error('enough')), 10)
  const read = async (): Promise<void> => {
    for await (const piece of abortable(stream, controller.signal)) t.fail(`got ${String(piece)}`)
  }
  await t.throwsAsync(read(), { message: 'enough' })
  await sleep(1)
  t.true(stream.destroyed)
})

test('a reader that leaves stops the source; one that comes to the end gets all', async (t) => {
  const log: string[] = []
  const { signal } = new AbortController()
  for await (const piece of abortable(count(log), signal)) if (piece === 2) break
  t.deepEqual(log, ['stopped'])
  const pieces = (async function* () {
    yield* [1, 2, 3]
  })()
  const all: number[] = []
  for await (const piece of abortable(pieces, signal)) all.push(piece)
  t.deepEqual(all, [1, 2, 3])
})

test('a source of ours has stopped when the abort is thrown', async (t) => {
  const controller = new AbortController()
  const log: string[] = []
  const slow = (async function* () {
    try {
      for (let i = 0; ; i++) {
        await sleep(1)
        yield i
      }
    } finally {
      await sleep(20)
      log.push('stopped')
    }
  })()
  const read = async (): Promise<void> => {
    for await (const piece of untilAborted(slow, controller.signal))
      if (piece === 2) controller.abort(new Error('enough'))
  }
  await t.throwsAsync(read(), { message: 'enough' })
  t.deepEqual(log, ['stopped'])
})
