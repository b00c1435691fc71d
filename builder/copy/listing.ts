import { createHash } from 'node:crypto'
import { type Digest, digestFromHash } from '../../shared/base/digest.ts'
import { intColumn } from '../layers/columns.ts'
import type { LayerEntry, LayerPath } from '../layers/entry.ts'
import { PathTable } from '../layers/path-table.ts'
import type { SelectedSource, SelectRequest } from './types.ts'

/** What of a source's metadata shows in the layer. */
export interface KeyScope {
  readonly withOwner: boolean
  readonly withMode: boolean
  /** Names of groups of paths that are one file, by path. */
  readonly linkGroup: (path: string) => string | undefined
  /** False when no file that was seen has several names. */
  readonly mayLink: () => boolean
}

export function keyScope(request: SelectRequest): KeyScope {
  return {
    withOwner: request.sourceIsImage && request.chown === undefined,
    withMode: request.chmod === undefined || !/^[0-7]+$/.test(request.chmod),
    linkGroup: (path) => request.source.linkGroup(path),
    mayLink: () => request.source.mayLink?.() ?? true,
  }
}

/**
 * All of a source that makes a difference in the layer, as text in pieces, latin1: paths, types, modes, owners, links,
 * attributes and digests of content. Never times. Of a directory itself only that it is one: its metadata is not copied.
 */
export function* listing(source: SelectedSource, scope: KeyScope): Generator<string> {
  let text = source.entry.type === 'dir' ? directoryMark : record(source.entry, { path: '', link: '', scope })
  const links = linkNumbers(source.below, scope)
  const linkOf = ({ path, type }: LayerEntry): string =>
    links !== undefined && type === 'file' ? links(scope.linkGroup(path)) : ''
  const prefix = source.path === '' ? 0 : source.path.length + 1
  for (const entry of source.below) {
    text += record(entry, { path: entry.path.slice(prefix), link: linkOf(entry), scope })
    if (text.length < 65_536) continue
    yield text
    text = ''
  }
  yield text
}

/** What stands for a source in the cache key. */
export function listingDigest(pieces: Iterable<string>): Digest {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece, 'latin1')
  return digestFromHash(hash.digest())
}

const directoryMark = 'dir\n'

/** What a listing says of one path; a field that makes no difference is empty. */
export interface ListedEntry {
  /** Relative to the source; empty for the source itself. */
  readonly path: LayerPath
  readonly type: string
  /** Octal. */
  readonly mode: string
  /** `uid:gid`. */
  readonly owner: string
  readonly device: string
  /** Digest of a file, text of a link. */
  readonly content: string
  /** The same for all names of one file. */
  readonly link: string
  readonly attributes: string
}

/** The entries of a listing, in its order. The first piece has its beginning whole. */
export function* parseListing(pieces: Iterable<string>): Generator<ListedEntry, undefined> {
  let rest: string | undefined
  let skipped = 0 // the line feed that ends the record before
  for (const piece of pieces) {
    const text = rest === undefined && piece.startsWith(directoryMark) ? piece.slice(directoryMark.length) : piece
    const fields = `${rest ?? ''}${text}`.split('\0')
    let at = 0
    for (; at + fieldCount < fields.length; at += fieldCount) {
      yield listedEntry(fields, at, skipped)
      skipped = 1
    }
    rest = fields.slice(at).join('\0')
  }
  return undefined
}

function listedEntry(fields: readonly string[], at: number, skipped: number): ListedEntry {
  const [path = '', type = '', mode = '', owner = '', device = '', content = '', link = '', attributes = ''] =
    fields.slice(at, at + fieldCount)
  return { path: path.slice(skipped), type, mode, owner, device, content, link, attributes }
}

const fieldCount = 8

/** Groups of paths that are one file get a number; names of a file that lie elsewhere make no difference. */
function linkNumbers(
  entries: Iterable<LayerEntry>,
  scope: KeyScope,
): ((group: string | undefined) => string) | undefined {
  if (!scope.mayLink()) return undefined
  const [groups, counts, numbers] = [new PathTable(), intColumn(), intColumn()]
  for (const { type, path } of entries) {
    const group = type === 'file' ? scope.linkGroup(path) : undefined
    if (group === undefined) continue
    const found = groups.intern(group)
    counts.set(found, (counts.get(found) ?? 0) + 1)
  }
  let next = 0
  for (let group = 1; group < groups.size; group++) if ((counts.get(group) ?? 0) > 1) numbers.set(group, ++next)
  if (next === 0) return undefined
  return (group) => {
    const number = group === undefined ? 0 : (numbers.get(groups.find(group)) ?? 0)
    return number === 0 ? '' : String(number - 1)
  }
}

interface RecordFields {
  readonly path: string
  readonly link: string
  readonly scope: KeyScope
}

/** Fields end with NUL, which no path, link or number has; attributes are written in hex. */
function record(entry: LayerEntry, { path, link, scope }: RecordFields): string {
  const mode = scope.withMode && entry.type !== 'symlink' ? entry.mode.toString(8) : ''
  const owner = scope.withOwner ? `${entry.uid}:${entry.gid}` : ''
  const device = entry.type === 'char' || entry.type === 'block' ? `${entry.devMajor}:${entry.devMinor}` : ''
  if (entry.type === 'file' && entry.digest === undefined) throw new Error(`no digest of ${JSON.stringify(entry.path)}`)
  const content = entry.digest ?? entry.linkname
  return `${path}\0${entry.type}\0${mode}\0${owner}\0${device}\0${content}\0${link}\0${attributes(entry.xattrs)}\0\n`
}

function attributes(xattrs: ReadonlyMap<string, Uint8Array>): string {
  if (xattrs.size === 0) return ''
  return [...xattrs].map(([name, value]) => `${name}=${Buffer.from(value).toString('hex')}`).join(',')
}
