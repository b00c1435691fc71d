import type { Digest } from '../../shared/base/digest.ts'
import { lastPart } from '../../shared/rows/row-kind.ts'
import type { Row } from '../../shared/rows/row-store.ts'
import { subjectOfTag } from '../protocol/companion-tags.ts'
import type { ManifestLook } from './manifest-facts.ts'
import { readTagRow } from './read-tag-row.ts'

/** A tag, and what it leads to. */
export interface LedTag {
  readonly tag: string
  readonly digest: Digest
  /** When it was set; milliseconds since the epoch. */
  readonly at: number
  /** Bytes of the manifest and of all that it names, each once. */
  readonly size: number
  /** Manifests that it names, and those that they do. */
  readonly below: readonly Digest[]
}

export interface LedTags {
  readonly tags: readonly LedTag[]
  /** Manifests on which it depends what is among the tags: those that are not there, and those that a tag is about. */
  readonly awaited: ReadonlySet<Digest>
}

/** As its row says: without a size the manifest has to be looked at. */
interface ReadTag {
  readonly tag: string
  readonly digest: Digest
  readonly at: number
  readonly size: number | undefined
  readonly subject: Digest | undefined
}

const noDigests: ReadonlySet<Digest> = new Set()
const nothing: readonly Digest[] = []

/** What these tags lead to; those left out that are about a manifest which is there, and damaged rows. */
export async function ledTags(look: ManifestLook, name: string, rows: readonly Row[]): Promise<LedTags> {
  const read = rows.flatMap((row) => readTag(row) ?? [])
  const subjects = read.flatMap(({ subject }) => subject ?? [])
  const there = subjects.length === 0 ? undefined : await look.find(name, subjects)
  const unsized = read.flatMap(({ digest, size }) => (size === undefined ? digest : []))
  const found = unsized.length === 0 ? undefined : await look.led(name, unsized)
  const tags: LedTag[] = []
  const awaited = new Set(subjects)
  for (const { tag, digest, at, size, subject } of read) {
    const led = size === undefined ? found?.get(digest) : { size, below: nothing }
    if (led === undefined) awaited.add(digest)
    else if (subject === undefined || there?.has(subject) !== true)
      tags.push({ tag, digest, at, size: led.size, below: led.below })
  }
  return { tags, awaited: awaited.size === 0 ? noDigests : awaited }
}

function readTag({ key, value }: Row): ReadTag | undefined {
  const row = readTagRow(key, value)
  if (row === undefined) return undefined
  const tag = lastPart(key)
  return { tag, digest: row.digest, at: row.at, size: row.size, subject: subjectOfTag(tag)?.subject }
}
