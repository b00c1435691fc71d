import test from 'ava'
import { blankEntry } from '../testing/entries.ts'
import { isTar } from './sniff.ts'
import { rawHeader, rawPax } from './testing/raw.ts'
import { tarHeader } from './write.ts'

const cases: [title: string, bytes: Uint8Array, expected: boolean][] = [
  ['a ustar header', tarHeader(blankEntry('a', 'file')), true],
  ['a v7 header', rawHeader({ magic: '' }), true],
  ['a pax header', rawPax({ path: 'x' }), true],
  ['a signed checksum', rawHeader({ name: '\xff', checksum: 'signed' }), true],
  ['bytes in the middle of a larger buffer', Buffer.concat([Buffer.alloc(3), rawHeader({})]).subarray(3), true],
  ['a wrong checksum', rawHeader({ checksum: 'wrong' }), false],
  ['too few bytes', rawHeader({}).subarray(0, 511), false],
  ['zeros', Buffer.alloc(10_240), false],
  ['spaces', Buffer.alloc(512, ' '), false],
  ['text', Buffer.alloc(512, 'hello tar ustar '), false],
  ['nothing', Buffer.alloc(0), false],
]

for (const [title, bytes, expected] of cases) {
  test(`${title}: ${expected ? 'tar' : 'no tar'}`, (t) => t.is(isTar(bytes), expected))
}
