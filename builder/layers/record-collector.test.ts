import test from 'ava'
import fc from 'fast-check'
import { isIbuildError } from '../../shared/base/errors.ts'
import type { LayerEntry } from './entry.ts'
import { withPoolMemory } from './page-pool.ts'
import { RecordCollector } from './record-collector.ts'
import { blankEntry } from './testing/entries.ts'
import { temporaryDir } from './testing/temporary.ts'

const path = fc
  .array(fc.constantFrom('a', 'b', 'c', '\xff', 'a-'), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join('/'))
const members = fc.array(
  fc.record({
    type: fc.constantFrom('file', 'dir', 'symlink', 'hardlink', 'whiteout', 'opaque', 'file', 'hardlink'),
    path,
    link: path,
    size: fc.nat(9),
  }),
  { maxLength: 40 },
)
type Member = typeof members extends fc.Arbitrary<(infer T)[]> ? T : never

function collected(collector: RecordCollector, some: readonly Member[]): LayerEntry[] | string {
  try {
    for (const { type, path, link, size } of some) {
      if (type === 'opaque') collector.addOpaque(blankEntry(path, 'whiteout', { opaque: true }))
      else if (type === 'symlink' || type === 'hardlink') collector.add(blankEntry(path, type, { linkname: link }))
      else if (type === 'file') collector.add(blankEntry(path, 'file', { size }))
      else collector.add(blankEntry(path, type === 'dir' ? 'dir' : 'whiteout'))
    }
    return [...collector.records()]
  } catch (error) {
    if (isIbuildError(error)) return error.message
    throw error
  } finally {
    collector.close()
  }
}

test('members give the same records when there is hardly any memory', (t) => {
  const folder = temporaryDir(t)
  let refused = 0
  fc.assert(
    fc.property(members, (some) => {
      const expected = collected(new RecordCollector(), some)
      const found = withPoolMemory(0, () => collected(new RecordCollector(folder), some))
      if (typeof expected === 'string') refused++
      t.deepEqual(found, expected)
    }),
    { numRuns: 300 },
  )
  t.true(refused < 300)
})

test('one file with many names, and many with two', (t) => {
  const names = Array.from({ length: 3000 }, (_, i) => `files/${String(i).padStart(5, '0')}`)
  const collector = new RecordCollector(temporaryDir(t))
  const records = withPoolMemory(0, () => {
    for (const name of names) collector.add(blankEntry(name, 'file', { size: 1 }))
    for (const linkname of names) collector.add(blankEntry(`again/${linkname}`, 'hardlink', { linkname }))
    for (const name of names) collector.add(blankEntry(`one/${name}`, 'hardlink', { linkname: 'files/00000' }))
    return [...collector.records()]
  })
  collector.close()
  t.is(records.length, 3 * names.length)
  const links = new Map(records.map((entry) => [entry.path, entry.type === 'file' ? '' : entry.linkname]))
  for (const name of names) {
    t.is(links.get(`again/${name}`), '')
    t.is(links.get(name), `again/${name}`)
    t.is(links.get(`one/${name}`), 'again/files/00000')
  }
})
