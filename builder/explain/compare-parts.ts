import type { KeyPart } from '../copy/types.ts'

/** What became of one part. */
export interface PartChange {
  readonly name: string
  readonly change: 'same' | 'changed' | 'added' | 'removed'
  /** Its value in the earlier record. */
  readonly before?: string
  /** Its value now. */
  readonly after?: string
}

/** Parts as they are now, in their order, then those that are gone. Of parts of one name the first is compared with the first. */
export function compareParts(before: readonly KeyPart[], after: readonly KeyPart[]): PartChange[] {
  const old = numbered(before)
  const now = numbered(after)
  const present = [...now].map(([id, part]): PartChange => {
    const earlier = old.get(id)
    if (earlier === undefined) return { name: part.name, change: 'added', after: part.value }
    const change = earlier.value === part.value ? 'same' : 'changed'
    return { name: part.name, change, before: earlier.value, after: part.value }
  })
  const gone = [...old].filter(([id]) => !now.has(id))
  return [...present, ...gone.map(([, { name, value }]): PartChange => ({ name, change: 'removed', before: value }))]
}

function numbered(parts: readonly KeyPart[]): Map<string, KeyPart> {
  const counts = new Map<string, number>()
  return new Map(
    parts.map((part) => {
      const count = counts.get(part.name) ?? 0
      counts.set(part.name, count + 1)
      return [`${count} ${part.name}`, part]
    }),
  )
}
