import test from 'ava'
import * as fc from 'fast-check'
import { needs } from '../../../e2e/testing/needs.ts'
import { runOk } from '../../../e2e/testing/run.ts'
import { isIbuildError } from '../../../shared/base/errors.ts'
import { collect, inPieces } from '../tar/testing/archives.ts'
import { bunzip2 } from './bunzip2.ts'

async function bzip2(bytes: Uint8Array, level = '-9'): Promise<Buffer> {
  return (await runOk('bzip2', [level], { input: bytes })).bytes
}

async function unpacked(bytes: Uint8Array): Promise<Buffer> {
  return Buffer.concat(await collect(bunzip2(inPieces(bytes))))
}

/** Runs of every awkward length: 4 equal bytes are followed by a count of up to 251 more. */
const runs = Buffer.concat(
  [3, 4, 5, 8, 254, 255, 256, 259, 260, 1000, 70_000].map((length, i) => Buffer.alloc(length, i % 3)),
)
const allBytes = Buffer.from(Uint8Array.from({ length: 100_000 }, (_, i) => (i * i) >> 5))

for (const [title, bytes] of [
  ['runs', runs],
  ['all bytes', allBytes],
  ['one byte', Buffer.from('a')],
  ['one byte often', Buffer.alloc(1_000_000, 'a')],
  ['a short period', Buffer.alloc(250_000, 'ab')],
  ['nothing', Buffer.alloc(0)],
] as const) {
  needs(test, 'bzip2')(`unpacks ${title}, at each block size`, async (t) => {
    for (const level of ['-1', '-9']) t.true((await unpacked(await bzip2(bytes, level))).equals(bytes))
  })
}

needs(test, 'bzip2')('a changed block checksum, stream checksum or byte is found', async (t) => {
  const packed = await bzip2(allBytes)
  for (const at of [4, 10, 200, packed.length >> 1, packed.length - 3]) {
    const changed = Buffer.from(packed)
    changed.writeUInt8(changed.readUInt8(at) ^ 0x10, at)
    await t.throwsAsync(unpacked(changed), { code: 'ARCHIVE_INVALID' }, String(at))
  }
})

needs(test, 'bzip2')('mutated data is unpacked or refused', async (t) => {
  const seeds = [await bzip2(runs), await bzip2(allBytes.subarray(0, 5000)), await bzip2(Buffer.from('short'))]
  const change = fc.record({ at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), value: fc.nat(255) })
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...seeds),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      async (seed, changes) => {
        const bytes = Buffer.from(seed)
        for (const { at, value } of changes) bytes.writeUInt8(value, Math.floor(at * bytes.length))
        try {
          await unpacked(bytes)
        } catch (error) {
          if (!isIbuildError(error, 'ARCHIVE_INVALID')) throw error
        }
        t.pass()
      },
    ),
    { numRuns: 100 },
  )
})

needs(test, 'bzip2')('cut data is told as such', async (t) => {
  const packed = await bzip2(allBytes)
  for (const length of [5, 50, packed.length >> 1, packed.length - 1]) {
    await t.throwsAsync(unpacked(packed.subarray(0, length)), { code: 'ARCHIVE_INVALID', message: /cut short/ })
  }
})
