import type { Digest } from '../../shared/base/digest.ts'
import { lastPart } from '../../shared/rows/row-kind.ts'
import type { Row } from '../../shared/rows/row-store.ts'
import { subjectOfTag } from '../protocol/companion-tags.ts'
import type { ManifestFacts, ManifestLook } from './manifest-facts.ts'
import { readTagRow } from './read-tag-row.ts'

/** A tag, and what it leads to. */
export interface LedTag {
  readonly tag: string
  readonly digest: Digest
  /** When it was set; milliseconds since the epoch. */
  readonly at: number
  readonly manifest: ManifestFacts
}

export interface LedTags {
  readonly tags: readonly LedTag[]
  /** Manifests on which it depends what is among the tags: those that are not there, and those that a tag is about. */
  readonly awaited: ReadonlySet<Digest>
}

const none: ReadonlySet<Digest> = new Set()

/** What these tags lead to; those left out that are about a manifest which is there, and damaged rows. */
export async function ledTags(look: ManifestLook, name: string, rows: readonly Row[]): Promise<LedTags> {
  const read = rows.flatMap(({ key, value }) => {
    const row = readTagRow(key, value)
    const tag = lastPart(key)
    return row === undefined ? [] : [{ tag, digest: row.digest, at: row.at, subject: subjectOfTag(tag)?.subject }]
  })
  const subjects = read.flatMap(({ subject }) => subject ?? [])
  const there = subjects.length === 0 ? undefined : await look.find(name, subjects)
  const led = await look.led(
    name,
    read.map(({ digest }) => digest),
  )
  const tags: LedTag[] = []
  const missing: Digest[] = []
  for (const [i, { tag, digest, at, subject }] of read.entries()) {
    const manifest = led[i]
    if (manifest === undefined) missing.push(digest)
    else if (subject === undefined || there?.has(subject) !== true) tags.push({ tag, digest, at, manifest })
  }
  return { tags, awaited: subjects.length + missing.length === 0 ? none : new Set([...subjects, ...missing]) }
}
