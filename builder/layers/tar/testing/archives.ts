import * as fc from 'fast-check'
import type { EntryType, LayerEntry } from '../../entry.ts'
import { blankEntry } from '../../testing/entries.ts'
import { readTar, type TarMember, type TarOptions } from '../read.ts'
import { tarEnd, tarHeader, tarPadding } from '../write.ts'

/** A member of an archive with its content in memory. */
export interface Packed {
  readonly entry: LayerEntry
  readonly content: Buffer
}

/** A whole archive as our writer makes it. */
export function pack(members: readonly Packed[]): Buffer {
  const parts = members.flatMap(({ entry, content }) => [tarHeader(entry), content, tarPadding(content.length)])
  return Buffer.concat([...parts, tarEnd])
}

/** `bytes` as a stream in pieces of `size` bytes. */
export async function* inPieces(bytes: Uint8Array, size = 1 << 16): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** All that a stream gives. */
export async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of stream) all.push(one)
  return all
}

/** Reads every member with its content. */
export async function unpack(
  bytes: Uint8Array,
  options: TarOptions & { readonly piece?: number } = {},
): Promise<Packed[]> {
  const packed: Packed[] = []
  for await (const member of readTar(inPieces(bytes, options.piece), options)) {
    if (member.kind === 'entry') packed.push({ entry: member.entry, content: await contentOf(member) })
  }
  return packed
}

export async function contentOf(member: TarMember): Promise<Buffer> {
  return Buffer.concat(member.kind === 'entry' ? await collect(member.body) : [])
}

const name = fc
  .uint8Array({ minLength: 1, maxLength: 255 })
  .map((bytes) => Buffer.from(bytes).toString('latin1').replace(/[\0/]/g, '_'))
  .filter((text) => text !== '.' && text !== '..' && !text.startsWith('.wh.'))

const path = fc.oneof(
  fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1, maxLength: 40 }).map((parts) => parts.join('/')),
  fc.array(name, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/')),
)

const linkText = fc
  .uint8Array({ minLength: 1, maxLength: 300 })
  .map((bytes) => Buffer.from(bytes).toString('latin1').replaceAll('\0', '/'))

const toBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes)

const id = fc.oneof(fc.nat(0o7777777 + 2), fc.maxSafeNat())
const device = fc.nat(0o7777777)
const xattrs = fc
  .dictionary(name, fc.uint8Array({ maxLength: 80 }).map(toBuffer), { maxKeys: 4 })
  .map((record) => new Map(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))))

/** Any entry that a layer can hold, with content when it is a file. */
export const anyPacked: fc.Arbitrary<Packed> = fc
  .record({
    type: fc.constantFrom<EntryType>('file', 'dir', 'symlink', 'hardlink', 'char', 'block', 'fifo', 'whiteout'),
    path,
    link: path,
    text: linkText,
    mode: fc.nat(0o7777),
    uid: id,
    gid: id,
    mtime: fc.oneof(
      fc.bigInt(0n, 9_000_000_000n).map((seconds) => seconds * 1_000_000_000n),
      fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
    ),
    devMajor: device,
    devMinor: device,
    xattrs,
    content: fc.uint8Array({ maxLength: 1100 }),
  })
  .map(({ link, text, content, devMajor, devMinor, ...rest }) => {
    const { type } = rest
    const bytes = Buffer.from(type === 'file' ? content : [])
    const linkname = type === 'symlink' ? text : type === 'hardlink' ? link : ''
    const devices = type === 'char' || type === 'block' ? { devMajor, devMinor } : {}
    const { path, ...fields } = { ...rest, ...devices, linkname, size: bytes.length }
    return { entry: blankEntry(path, type, fields), content: bytes }
  })
