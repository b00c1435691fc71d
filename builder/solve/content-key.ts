import { createHash } from 'node:crypto'
import { type Digest, digestFromHash } from '../../shared/base/digest.ts'
import type { LayerEntry } from '../layers/entry.ts'

/** What a diff lies on. */
export interface DiffOrigin {
  /** chainID of the layers below, 'scratch' when there are none. */
  readonly parent: string
  /** No time of the layer is later than this; nanoseconds. */
  readonly latest: bigint | undefined
}

/** Raised when the meaning of a field changes, so that older records no longer hit. */
const version = 'content 2'

/**
 * Names a diff by all that it is but for its times, which have to be compared one by one (`sameTimes`). The layers
 * below are part of it, so that what is newer than what, between a file here and one below, stays as one run left it.
 */
export function contentKey(entries: Iterable<LayerEntry>, { parent, latest }: DiffOrigin): Digest {
  const hash = createHash('sha256').update(`${version}\0${parent}\0${latest ?? ''}\0\n`)
  let text = ''
  for (const entry of entries) {
    text += fieldsOf(entry)
    if (text.length < 65_536) continue
    hash.update(text, 'latin1')
    text = ''
  }
  return digestFromHash(hash.update(text, 'latin1').digest())
}

/** Fields end with NUL, which no path, link, number or name of an attribute has; attributes are counted. */
function fieldsOf(entry: LayerEntry): string {
  const { path, type, mode, uid, gid, size, linkname, devMajor, devMinor, opaque, xattrs, digest } = entry
  const owner = `${mode}\0${uid}\0${gid}`
  const content = `${size}\0${digest ?? ''}\0${linkname}\0${devMajor}:${devMinor}`
  return `${path}\0${type}\0${owner}\0${content}\0${opaque}\0${xattrs.size}\0${attributes(xattrs)}\n`
}

function attributes(xattrs: LayerEntry['xattrs']): string {
  if (xattrs.size === 0) return ''
  return [...xattrs].map(([name, value]) => `${name}\0${Buffer.from(value).toString('hex')}\0`).join('')
}
