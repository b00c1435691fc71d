import test from 'ava'
import fc from 'fast-check'
import { comparePaths } from './entry.ts'
import { ByteReader, ByteWriter } from './index-bytes.ts'
import { type SortedPaths, takeSortedPaths } from './sorted-paths.ts'

const mark = 'behind'

function encode(paths: readonly string[]): { list: SortedPaths; reader: ByteReader; checked: string[] } {
  const writer = new ByteWriter()
  for (const path of [...paths, mark]) writer.text(path)
  const [reader, checked]: [ByteReader, string[]] = [new ByteReader(writer.take()), []]
  return { list: takeSortedPaths(reader, paths.length, (path) => checked.push(path)), reader, checked }
}

test('encoded paths are all there, again and again, and found', (t) => {
  const path = fc
    .array(fc.constantFrom('a', 'b', 'a-', '\u00ff'), { minLength: 1, maxLength: 5 })
    .map((p) => p.join('/'))
  fc.assert(
    fc.property(fc.array(path, { maxLength: 200 }), fc.array(path), (some, asked) => {
      const paths = [...new Set(some)].sort(comparePaths)
      const { list, reader, checked } = encode(paths)
      t.deepEqual(checked, paths)
      t.is(reader.text(), mark)
      t.is(list.length, paths.length)
      t.deepEqual([...list], paths)
      t.deepEqual([...list], paths)
      for (const each of [...asked, ...paths]) t.is(list.has(each), paths.includes(each), each)
    }),
    { numRuns: 200 },
  )
})
