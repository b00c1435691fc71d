import test from 'ava'
import * as fc from 'fast-check'
import { anyPacked, pack, unpack } from './testing/archives.ts'

test('what is written is read back, whatever the pieces of the stream', async (t) => {
  const members = fc.array(anyPacked, { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(members, fc.integer({ min: 1, max: 3000 }), async (written, piece) => {
      const bytes = pack(written)
      const read = await unpack(bytes, { piece })
      t.deepEqual(
        read.map(({ entry, content }) => ({ entry: { ...entry, dataOffset: -1 }, content })),
        written,
      )
      for (const { entry, content } of read) {
        t.is(entry.dataOffset < 0, content.length === 0)
        if (content.length > 0) t.deepEqual(bytes.subarray(entry.dataOffset, entry.dataOffset + entry.size), content)
      }
    }),
    { numRuns: 300 },
  )
})
