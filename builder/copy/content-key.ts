import { createHash } from 'node:crypto'
import { digestFromHash } from '../../shared/base/digest.ts'
import type { LayerEntry } from '../layers/entry.ts'
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
  const groups = new Map<string, number>()
  if (source.entry.type === 'dir') hash.update('dir\n')
  else hash.update(record(source.entry, '', { scope, groups }))
  const prefix = source.path === '' ? 0 : source.path.length + 1
  let text = ''
  for (const entry of source.below) {
    text += record(entry, entry.path.slice(prefix), { scope, groups })
    if (text.length < 65_536) continue
    hash.update(text, 'latin1')
    text = ''
  }
  return digestFromHash(hash.update(text, 'latin1').digest())
}

interface RecordContext {
  readonly scope: KeyScope
  readonly groups: Map<string, number>
}

/** Fields end with NUL, which no path, link or number has; attributes are written in hex. */
function record(entry: LayerEntry, path: string, { scope, groups }: RecordContext): string {
  const mode = scope.withMode && entry.type !== 'symlink' ? entry.mode.toString(8) : ''
  const owner = scope.withOwner ? `${entry.uid}:${entry.gid}` : ''
  const device = entry.type === 'char' || entry.type === 'block' ? `${entry.devMajor}:${entry.devMinor}` : ''
  const content = entry.digest ?? entry.linkname
  const group = entry.type === 'file' ? scope.linkGroup(entry.path) : undefined
  let link = ''
  if (group !== undefined) {
    if (!groups.has(group)) groups.set(group, groups.size)
    link = String(groups.get(group))
  }
  const xattrs = [...entry.xattrs].map(([name, value]) => `${name}=${Buffer.from(value).toString('hex')}`).join(',')
  return `${path}\0${entry.type}\0${mode}\0${owner}\0${device}\0${content}\0${link}\0${xattrs}\0\n`
}
