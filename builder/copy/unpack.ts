import { IbuildError } from '../../shared/base/errors.ts'
import type { OpenArchive } from '../context/archive.ts'
import { baseOf, joinPath, type LayerEntry, type LayerPath, parentOf } from '../layers/entry.ts'
import { shown, unsafe } from '../layers/tar/limits.ts'
import type { FileTree } from '../layers/tree.ts'
import type { Owner } from './chown.ts'
import type { StagedContent, Staging } from './staging.ts'

export interface UnpackPlace {
  readonly staging: Staging
  /** The root filesystem below: a hardlink of the archive may name a file of it. */
  readonly target: FileTree
  /** The directory that takes the archive; links cannot lead out of it. */
  readonly directory: LayerPath
  /** `--chown`: for all that the archive has, not for directories that it only implies. */
  readonly owner: Owner | undefined
  /** Time of implied directories. */
  readonly mtime: bigint
}

/**
 * Lays an archive's members over a directory in their order, as tar -x does (1.10 AD05): directories merge, anything else
 * replaces what is in its place.
 */
export function unpackArchive(archive: OpenArchive, place: UnpackPlace): void {
  const { staging, target } = place
  const content: StagedContent = ({ size }, start) => archive.read(start, size)
  const below: StagedContent = (_, number) => target.open(staging.pathOf(number))
  for (const { entry, start } of archive.members) {
    if (entry.path === '') continue
    const path = locate(entry.path, place, true)
    if (entry.type === 'hardlink') putLink(entry, path, { ...place, below })
    else {
      staging.put({ entry: merged(entry, path, place), ...(start !== undefined && { content, place: start }) })
    }
  }
}

interface LinkPlace extends UnpackPlace {
  /** The content of files of the target, by number of their path. */
  readonly below: StagedContent
}

/** Where a path of the archive is in the image; the directories above it are made when asked for. */
function locate(path: LayerPath, place: UnpackPlace, makeParents: boolean): LayerPath {
  const parent = under(place.directory, followInside(parentOf(path), place))
  if (makeParents) {
    const implied = { mode: 0o755, uid: 0, gid: undefined, mtime: place.mtime, exactMode: true }
    place.staging.makeDirectories(parent, implied)
  }
  return joinPath(parent, baseOf(path))
}

const maxLinks = 255

/**
 * Follows links in the directory that takes the archive: absolute ones begin at it. ARCHIVE_UNSAFE for one that leads out
 * with `..`, where a program that is not confined would write outside.
 */
function followInside(path: LayerPath, { staging, directory }: UnpackPlace): LayerPath {
  let at: LayerPath = ''
  const ahead = path.split('/').reverse()
  let links = 0
  for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
    if (name === '' || name === '.') continue
    if (name === '..') {
      if (at === '') throw unsafe(`the archive puts ${shown(path)} through a link that leads out of its directory`)
      at = parentOf(at)
      continue
    }
    const next = joinPath(at, name)
    const entry = staging.lstat(under(directory, next))
    if (entry?.type !== 'symlink') {
      at = next
      continue
    }
    if (++links > maxLinks) throw new IbuildError('SYMLINK_LOOP', `too many symbolic links at ${shown(path)}`)
    if (entry.linkname.startsWith('/')) at = ''
    ahead.push(...entry.linkname.split('/').reverse())
  }
  return at
}

function under(directory: LayerPath, path: LayerPath): LayerPath {
  return path === '' ? directory : joinPath(directory, path)
}

function merged(entry: LayerEntry, path: LayerPath, { staging, owner }: UnpackPlace): LayerEntry {
  const below = entry.type === 'dir' ? staging.lstat(path) : undefined
  const kept = below?.type === 'dir' ? [...below.xattrs] : []
  const xattrs =
    kept.length === 0 ? entry.xattrs : new Map([...kept, ...entry.xattrs].sort(([a], [b]) => (a < b ? -1 : 1)))
  return { ...entry, ...owner, path, xattrs }
}

/**
 * A second name: what its header tells goes for both, as they are one file. The first name is written too when it is a file
 * of the image below, because a layer must not link out of itself.
 */
function putLink(entry: LayerEntry, path: LayerPath, place: LinkPlace): void {
  const { staging, owner } = place
  const other = locate(entry.linkname, place, false)
  const below = staging.lstat(other)
  if (below === undefined)
    throw staging.refuse(path, `it is a hardlink to ${JSON.stringify(`/${other}`)}, which does not exist`)
  if (below.type === 'dir') throw staging.refuse(path, 'it is a hardlink to a directory')
  if (path === other) return
  const original = staging.staged(other) ?? {
    entry: below,
    ...(below.size > 0 && { content: place.below, place: staging.numberOf(other) }),
  }
  const mode = below.type === 'symlink' ? below.mode : entry.mode
  const linkGroup = original.linkGroup ?? staging.newLinkGroup()
  const { uid, gid, mtime } = entry
  const shared = { ...below, mode, uid, gid, mtime, ...owner, opaque: false, dataOffset: -1 }
  if (original.linkGroup === undefined) staging.put({ ...original, linkGroup })
  staging.put({ ...original, entry: { ...shared, path }, linkGroup })
}
