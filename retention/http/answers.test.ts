import test from 'ava'
import { lineBytesOf, linesOf } from './answers.ts'
import { object } from './object-shape.ts'
import { count } from './shape.ts'
import type { GcAnswer } from './transport.ts'

const shape = object({ n: count })

function answer(...pieces: readonly string[]): () => Promise<GcAnswer> {
  const body = pieces.map((piece) => Buffer.from(piece, 'latin1'))
  // oxlint-disable-next-line require-await -- as a body of an answer comes
  const give = async function* (): AsyncGenerator<Uint8Array> {
    yield* body
  }
  return async () => ({ status: 200, body: give() })
}

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const one of source) found.push(one)
  return found
}

test('lines come as they are cut anywhere, and their text is the same', async (t) => {
  const text = '{"n":1}\n{"n":2}\n{"n":3}\n'
  for (let from = 0; from <= text.length; from++) {
    const pieces = [text.slice(0, from), text.slice(from, from + 3), text.slice(from + 3)].filter(
      (piece) => piece !== '',
    )
    t.deepEqual((await all(linesOf(answer(...pieces), shape))).flat(), [{ n: 1 }, { n: 2 }, { n: 3 }])
    t.is(Buffer.concat(await all(lineBytesOf(answer(...pieces), shape))).toString(), text)
  }
})

const error = '{"error":{"code":"DISK_FULL","message":"the disk is full"}}\n'

test('the last line of a text may be an error, the lines before it were given', async (t) => {
  const given: string[] = []
  const reading = async (...pieces: readonly string[]): Promise<void> => {
    for await (const bytes of lineBytesOf(answer(...pieces), shape)) given.push(Buffer.from(bytes).toString())
  }
  await t.throwsAsync(reading(`{"n":1}\n{"n":2}\n${error}`), { code: 'DISK_FULL' })
  t.is(given.splice(0).join(''), '{"n":1}\n{"n":2}\n')
  await t.throwsAsync(reading('{"n":1}\n', '{"n":2}\n', error), { code: 'DISK_FULL' })
  t.is(given.splice(0).join(''), '{"n":1}\n{"n":2}\n')
  await t.throwsAsync(reading(error), { code: 'DISK_FULL' })
  t.is(given.join(''), '')
})

const nonsense = {
  'a first line of something else': ['{"m":1}\n{"n":1}\n'],
  'a last line of something else': ['{"n":1}\n{"m":1}\n'],
  'a last line that is empty': ['{"n":1}\n', '\n'],
  'a last line that is cut short': ['{"n":1}\n{"n'],
  'no JSON': ['<html>\n'],
  'what a terminal acts on': ['{"n":1}\n', '\u001b[2J\n', '{"n":1}\n'],
} as const

for (const [what, pieces] of Object.entries(nonsense)) {
  test(`${what} is no answer`, async (t) => {
    await t.throwsAsync(all(lineBytesOf(answer(...pieces), shape)), { code: 'SERVER_FAILED' })
  })
}

test('a line without an end is not waited for', async (t) => {
  const endless = 'x'.repeat(5 * 1024 * 1024)
  await t.throwsAsync(all(lineBytesOf(answer(endless), shape)), { message: /too long/ })
  await t.throwsAsync(all(linesOf(answer(endless), shape)), { message: /too long/ })
})
