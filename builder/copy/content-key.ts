import { createHash } from 'node:crypto'
import { digestFromHash } from '../../shared/base/digest.ts'
import type { LayerEntry, LayerPath } from '../layers/entry.ts'
import type { SelectedSource, SelectRequest } from './types.ts'

/** What of a source's metadata shows in the layer. */
export interface KeyScope {
  readonly withOwner: boolean
  readonly withMode: boolean
  /** Names of groups of paths that are one file, by path. */
  readonly linkGroup: (path: string) => string | undefined
}

export function keyScope(request: SelectRequest): KeyScope {
  return {
    withOwner: request.sourceIsImage && request.chown === undefined,
    withMode: request.chmod === undefined || !/^[0-7]+$/.test(request.chmod),
    linkGroup: (path) => request.source.linkGroup(path),
  }
}

/**
 * Digest over all of a source that makes a difference in the layer: paths, types, modes, owners, links, attributes and
 * content. Never times. Of a directory itself only that it is one: its metadata is not copied.
 */
export function contentKey(source: SelectedSource, scope: KeyScope): string {
  const hash = createHash('sha256')
  if (source.entry.type === 'dir') hash.update('dir\n')
  else hash.update(record(source.entry, { path: '', link: '', scope }), 'latin1')
  const links = linkNumbers(source.below, scope)
  const prefix = source.path === '' ? 0 : source.path.length + 1
  let text = ''
  for (const entry of source.below) {
    text += record(entry, { path: entry.path.slice(prefix), link: links.get(entry.path) ?? '', scope })
    if (text.length < 65_536) continue
    hash.update(text, 'latin1')
    text = ''
  }
  return digestFromHash(hash.update(text, 'latin1').digest())
}

/** Paths that are one file get a number; names of a file that lie elsewhere make no difference. */
function linkNumbers(entries: readonly LayerEntry[], scope: KeyScope): ReadonlyMap<LayerPath, string> {
  const groups = new Map<string, LayerPath[]>()
  for (const { type, path } of entries) {
    const group = type === 'file' ? scope.linkGroup(path) : undefined
    if (group === undefined) continue
    const paths = groups.get(group)
    if (paths === undefined) groups.set(group, [path])
    else paths.push(path)
  }
  const shared = [...groups.values()].filter((paths) => paths.length > 1)
  return new Map(shared.flatMap((paths, number) => paths.map((path) => [path, String(number)] as const)))
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
  const content = entry.digest ?? entry.linkname
  return `${path}\0${entry.type}\0${mode}\0${owner}\0${device}\0${content}\0${link}\0${attributes(entry.xattrs)}\0\n`
}

function attributes(xattrs: ReadonlyMap<string, Uint8Array>): string {
  if (xattrs.size === 0) return ''
  return [...xattrs].map(([name, value]) => `${name}=${Buffer.from(value).toString('hex')}`).join(',')
}
