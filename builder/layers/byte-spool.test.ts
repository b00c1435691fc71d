import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { ByteSpool } from './byte-spool.ts'
import { temporaryDir } from './testing/temporary.ts'

const limits = [0, 200_000, 1 << 30]

for (const limit of limits) {
  test(`what was appended is read again from any place, with ${limit} bytes in memory`, (t) => {
    const dir = temporaryDir(t)
    const pieces = fc.array(fc.oneof(fc.nat(40), fc.nat(150_000)), { minLength: 1, maxLength: 12 })
    const places = fc.array(fc.tuple(fc.nat(1_000_000), fc.nat(200_000)), { maxLength: 12 })
    fc.assert(
      fc.property(pieces, places, (lengths, reads) => {
        const spool = new ByteSpool(join(dir, 'made'), limit)
        let all = Buffer.alloc(0)
        for (const [i, length] of lengths.entries()) {
          const piece = Buffer.alloc(length, `${i} ${length} `)
          spool.append(piece)
          all = Buffer.concat([all, piece])
          const [start, most] = reads[i] ?? [0, 0]
          const from = start % (all.length + 1)
          const read = spool.read(from, Math.min(most, all.length - from))
          t.true(read.equals(all.subarray(from, from + read.length)))
        }
        t.is(spool.size, all.length)
        for (const [start, most] of reads) {
          const from = start % (all.length + 1)
          const length = Math.min(most, all.length - from)
          t.true(spool.read(from, length).equals(all.subarray(from, from + length)))
        }
        spool.close()
      }),
      { numRuns: 40 },
    )
    if (existsSync(join(dir, 'made'))) t.deepEqual(readdirSync(join(dir, 'made')), [])
  })
}

test('many bytes are in a file without a name', (t) => {
  const dir = temporaryDir(t)
  const spool = new ByteSpool(dir)
  const block = Buffer.alloc(1 << 20, 'x')
  for (let i = 0; i < 6; i++) spool.append(block)
  t.deepEqual(readdirSync(dir), [])
  t.true(openFiles().some((file) => file.startsWith(join(dir, 'spool-'))))
  spool.close()
  t.false(openFiles().some((file) => file.startsWith(join(dir, 'spool-'))))
})

function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)]
    } catch {
      return []
    }
  })
}

test('beyond the end', (t) => {
  const spool = new ByteSpool(undefined)
  spool.append(Buffer.from('abc'))
  t.throws(() => spool.read(1, 3), { instanceOf: RangeError })
})
