import test from 'ava'
import { beginsOnPage, pageBytes, pageMemory } from './page-memory.ts'

test('memory of pages is zeros that threads share', (t) => {
  const memory = pageMemory(100_000)
  t.true(memory instanceof SharedArrayBuffer)
  t.is(memory?.byteLength, 2 * 64 * 1024)
  t.true(new Uint8Array(memory ?? new SharedArrayBuffer(1)).every((byte) => byte === 0))
})

test('bytes begin on a page only where memory of pages has one', (t) => {
  const memory = pageMemory(4 * pageBytes) ?? new SharedArrayBuffer(0)
  t.true(beginsOnPage(new Uint8Array(memory)))
  t.true(beginsOnPage(new Uint8Array(memory, 2 * pageBytes, 7)))
  t.false(beginsOnPage(new Uint8Array(memory, 512)))
  t.false(beginsOnPage(new Uint8Array(new SharedArrayBuffer(4 * pageBytes))))
  t.false(beginsOnPage(new Uint8Array(4 * pageBytes)))
})

test('memory that is not to be had is told by its absence', (t) => {
  t.is(pageMemory(2 ** 40), undefined)
})
