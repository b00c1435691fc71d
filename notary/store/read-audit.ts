import { type AuditEntry, broken, type ChainPlace, hashIn, nextEntry, readEntry } from './audit-entry.ts'
import type { AuditPage, TrustStore } from './types.ts'

const atOnce = 1000

/** An entry and where it stands. */
export interface PlacedEntry {
  readonly place: ChainPlace
  readonly entry: AuditEntry
}

/** All entries that there are, oldest first, as they stand. Errors: AUDIT_BROKEN for one that cannot be read. */
export async function* auditEntries(read: TrustStore['audit']): AsyncGenerator<PlacedEntry> {
  for await (const { rows } of pages(read)) {
    for (const { number, line } of rows) {
      yield { place: { number, hash: hashIn(line) }, entry: readEntry(line, number) }
    }
  }
}

/**
 * The same, and each is held against the one before it, to the last one that was ever written. Errors: AUDIT_BROKEN when something was
 * changed or removed.
 */
export async function* chainedEntries(read: TrustStore['audit']): AsyncGenerator<PlacedEntry> {
  let place: ChainPlace | undefined
  let last = 0
  for await (const page of pages(read)) {
    place ??= page.start
    last = page.last
    for (const row of page.rows) {
      const entry = nextEntry(place, row)
      place = { number: row.number, hash: hashIn(row.line) }
      yield { place, entry }
    }
  }
  const end = place?.number ?? 0
  if (end < last) throw broken(`entry ${end + 1} is missing: ${last} were written`)
}

async function* pages(read: TrustStore['audit']): AsyncGenerator<AuditPage> {
  for (let after = 0; ; ) {
    const page = await read({ after, limit: atOnce })
    yield page
    const last = page.rows.at(-1)
    if (last === undefined || page.rows.length < atOnce) return
    after = last.number
  }
}
