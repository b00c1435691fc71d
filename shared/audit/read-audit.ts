import type { JsonGuard } from '../base/json.ts'
import type { AuditPage } from './audit-rows.ts'
import { broken, type ChainPlace, hashIn, nextEntry, readEntry } from './chained-line.ts'

const atOnce = 1000

/** An entry and where it stands. */
export interface Placed<Entry> {
  readonly place: ChainPlace
  readonly entry: Entry
}

/** Reads some of the entries behind a number, oldest first. */
export type ReadPage = (page: { readonly after: number; readonly limit: number }) => Promise<AuditPage>

/** All entries that there are, oldest first, as they stand. Errors: AUDIT_BROKEN for one that cannot be read. */
export async function* placedEntries<Entry>(read: ReadPage, guard: JsonGuard<Entry>): AsyncGenerator<Placed<Entry>> {
  for await (const { rows } of pages(read, 0)) {
    for (const row of rows) yield { place: placeOf(row), entry: readEntry(row, guard) }
  }
}

/**
 * Entries behind `after` (default: all that there are), and each is held against the one before it, to the last one that was ever
 * written. Errors: AUDIT_BROKEN when something was changed or removed.
 */
export async function* chainedFrom<Entry>(
  read: ReadPage,
  guard: JsonGuard<Entry>,
  after = 0,
): AsyncGenerator<Placed<Entry>> {
  let place = after > 0 ? await placeAt(read, after) : undefined
  let last = 0
  for await (const page of pages(read, place?.number ?? 0)) {
    place ??= page.start
    last = page.last
    for (const row of page.rows) {
      const entry = nextEntry(place, row, guard)
      place = placeOf(row)
      yield { place, entry }
    }
  }
  const end = place?.number ?? 0
  if (end < last) throw broken(`entry ${end + 1} is missing: ${last} were written`)
}

/** Where the entry of a number stands; undefined when it is none, or no more. */
async function placeAt(read: ReadPage, number: number): Promise<ChainPlace | undefined> {
  const { last, rows } = await read({ after: number - 1, limit: 1 })
  if (number > last) return { number: last, hash: '' }
  const [row] = rows
  return row?.number === number ? placeOf(row) : undefined
}

function placeOf({ number, line }: { readonly number: number; readonly line: string }): ChainPlace {
  return { number, hash: hashIn(line) }
}

async function* pages(read: ReadPage, from: number): AsyncGenerator<AuditPage> {
  for (let after = from; ; ) {
    const page = await read({ after, limit: atOnce })
    yield page
    const last = page.rows.at(-1)
    if (last === undefined || page.rows.length < atOnce) return
    after = last.number
  }
}
