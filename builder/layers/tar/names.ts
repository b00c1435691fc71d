import type { LayerPath } from '../entry.ts'
import { baseOf, joinPath, parentOf } from '../entry.ts'
import { invalid, shown, type TarLimits, unsafe } from './limits.ts'

/** A name in a layer with this prefix is a mark, never a file (OCI image-spec, layer.md, whiteouts). */
export const whiteoutPrefix = '.wh.'
/** Marks its directory as hiding all that lies below. */
export const opaqueName = '.wh..wh..opq'
/** Other marks of this prefix are left over from AUFS and mean nothing. */
const metadataPrefix = '.wh..wh.'

/**
 * Cleans a member's name: leading `/` and `./`, empty and `.` components go, `..` takes back the component before it.
 * ARCHIVE_UNSAFE when it would leave the root or has a NUL.
 */
export function cleanName(name: string): LayerPath {
  if (name.includes('\0')) throw unsafe(`the name ${shown(name)} has a NUL`)
  const from = name.startsWith('./') ? 2 : name.startsWith('/') ? 1 : 0
  const simple = name.slice(from, name.endsWith('/') ? -1 : undefined)
  return /(?:^|\/)\.{0,2}(?:\/|$)/.test(simple) ? cleanComponents(name) : simple
}

function cleanComponents(name: string): LayerPath {
  const kept: string[] = []
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') kept.push(part)
    else if (kept.pop() === undefined) throw unsafe(`the name ${shown(name)} leads out of the archive`)
  }
  return kept.join('/')
}

/** ARCHIVE_UNSAFE when a path or one of its components is too long. */
export function checkLengths(path: LayerPath, limits: TarLimits): void {
  if (path.length > limits.path) throw unsafe(`the name ${shown(path)} is longer than ${limits.path} bytes`)
  if (path.length <= limits.component) return
  for (const part of path.split('/')) {
    if (part.length > limits.component) throw unsafe(`the name ${shown(part)} is longer than ${limits.component} bytes`)
  }
}

/** What a name means in a layer. */
export type LayerName =
  | { readonly kind: 'entry' | 'whiteout'; readonly path: LayerPath }
  | { readonly kind: 'opaque'; readonly path: LayerPath }
  | { readonly kind: 'ignored' }

/** Tells whiteouts from ordinary names. A mark is the last component; one above that is ARCHIVE_INVALID. */
export function layerName(path: LayerPath): LayerName {
  if (!path.includes(whiteoutPrefix)) return { kind: 'entry', path }
  if (path.startsWith(metadataPrefix) && path !== opaqueName) return { kind: 'ignored' }
  const directory = parentOf(path)
  if (hasReservedName(directory)) throw invalid(`the layer has a file below the whiteout ${shown(directory)}`)
  const base = baseOf(path)
  if (!base.startsWith(whiteoutPrefix)) return { kind: 'entry', path }
  if (base === opaqueName) return { kind: 'opaque', path: directory }
  if (base.startsWith(metadataPrefix)) return { kind: 'ignored' }
  return { kind: 'whiteout', path: joinPath(directory, hiddenName(base)) }
}

function hiddenName(base: string): string {
  const name = base.slice(whiteoutPrefix.length)
  if (name === '' || name === '.' || name === '..')
    throw unsafe(`the whiteout ${shown(base)} hides no file of its directory`)
  return name
}

/** True when a component of the path would be read as a whiteout or another mark. */
export function hasReservedName(path: LayerPath): boolean {
  return path.startsWith(whiteoutPrefix) || path.includes(`/${whiteoutPrefix}`)
}
