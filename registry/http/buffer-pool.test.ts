import test from 'ava'
import fc from 'fast-check'
import { BufferPool } from './buffer-pool.ts'

const kibibyte = 1024
const mebibyte = 1024 * kibibyte

test('few transfers have large buffers, and none is much larger than needed', (t) => {
  const pool = new BufferPool(64 * mebibyte)
  t.is(pool.take(100 * mebibyte).length, 512 * kibibyte)
  t.is(pool.take(100 * kibibyte).length, 128 * kibibyte)
  t.is(pool.take(0).length, 64 * kibibyte)
})

test('many transfers come to small buffers, within the budget', (t) => {
  const pool = new BufferPool(64 * mebibyte)
  const held = Array.from({ length: 400 }, () => pool.take(100 * mebibyte))
  for (let round = 0; round < 10; round++) {
    for (const [i, buffer] of held.entries()) {
      pool.give(buffer)
      held[i] = pool.take(100 * mebibyte)
    }
  }
  t.true(held.every(({ length }) => length <= 256 * kibibyte))
  t.true(pool.usedBytes <= 64 * mebibyte)
  const more = Array.from({ length: 1000 }, () => pool.take(100 * mebibyte))
  t.is(more.at(-1)?.length, 64 * kibibyte)
  t.true(pool.usedBytes <= 64 * mebibyte + 1000 * 64 * kibibyte)
})

test('memory that is partly out is used before more than the budget is held', (t) => {
  const pool = new BufferPool(64 * mebibyte)
  const small = Array.from({ length: 1024 }, () => pool.take(1))
  t.is(pool.heldBytes, 64 * mebibyte)
  for (const [i, buffer] of small.entries()) if (i % 8 !== 0) pool.give(buffer)
  const large = Array.from({ length: 50 }, () => pool.take(mebibyte))
  t.deepEqual(new Set(large.map(({ length }) => length)), new Set([256 * kibibyte]))
  t.is(pool.heldBytes, 64 * mebibyte)
})

test('no memory is out twice, and what is used is counted', (t) => {
  const step = fc.record({ what: fc.constantFrom('take', 'take', 'give', 'giveUp'), length: fc.nat(mebibyte) })
  const run = (steps: readonly { readonly what: string; readonly length: number }[]): void => {
    const pool = new BufferPool(4 * mebibyte)
    const out: Buffer[] = []
    const gone: Buffer[] = []
    for (const { what, length } of steps) {
      if (what === 'take') {
        const buffer = pool.take(length)
        t.false([...out, ...gone].some((other) => overlap(buffer, other)))
        out.push(buffer)
      } else {
        const [buffer] = out.splice(length % Math.max(out.length, 1), 1)
        if (buffer !== undefined && what === 'give') pool.give(buffer)
        else if (buffer !== undefined) {
          pool.giveUp(buffer)
          gone.push(buffer)
        }
      }
      t.is(
        pool.usedBytes,
        out.reduce((sum, buffer) => sum + buffer.length, 0),
      )
    }
  }
  fc.assert(fc.property(fc.array(step, { maxLength: 80 }), run), { numRuns: 60 })
})

function overlap(a: Buffer, b: Buffer): boolean {
  return a.buffer === b.buffer && a.byteOffset < b.byteOffset + b.length && b.byteOffset < a.byteOffset + a.length
}

test('memory is used again in other sizes, and most of it let go of in the end', (t) => {
  const pool = new BufferPool(16 * mebibyte)
  const large = Array.from({ length: 100 }, () => pool.take(mebibyte))
  const { heldBytes } = pool
  t.true(heldBytes < 24 * mebibyte)
  for (const buffer of large) pool.give(buffer)
  t.is(pool.usedBytes, 0)
  t.is(pool.heldBytes, 4 * mebibyte)
  const small = Array.from({ length: 64 }, () => pool.take(1))
  t.is(pool.heldBytes, 4 * mebibyte)
  for (const buffer of small) pool.give(buffer)
  t.is(pool.heldBytes, 4 * mebibyte)
})

test('while transfers go on memory is not let go of to be asked for again', (t) => {
  const pool = new BufferPool(32 * mebibyte)
  const out = Array.from({ length: 20 }, () => pool.take(mebibyte))
  const blocks = new Set(out.map(({ buffer }) => buffer))
  for (let i = 0; i < 200; i++) {
    const buffer = out.shift()
    if (buffer !== undefined) pool.give(buffer)
    const next = pool.take(mebibyte)
    blocks.add(next.buffer)
    out.push(next)
  }
  t.is(blocks.size, 20)
})
