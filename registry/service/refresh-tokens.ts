import { eachPage } from '../../shared/rows/each-row.ts'
import { lastPart, readOrNothing } from '../../shared/rows/row-kind.ts'
import type { Row, RowStore } from '../../shared/rows/row-store.ts'
import { type RefreshRow, refreshedRows, refreshRows } from '../storage/rows.ts'
import type { WriteGuard } from './write-guard.ts'

/** Tokens that stand for a password, kept by a hash of each. What makes one good is for others to know. */
export interface RefreshTokenStore {
  get(hash: string): Promise<RefreshRow | undefined>
  /** Keeps one, or changes it. Of an account's, the oldest go when they are too many. Errors: as every write. */
  put(hash: string, row: RefreshRow): Promise<void>
  /** Removes those that are over, unless the registry is read-only; how many there were. */
  sweep(isOver: (row: RefreshRow) => boolean): Promise<number>
}

/** Of one account: each login of a client keeps one. */
const mostTokens = 100
const pageRows = 500

export function createRefreshTokens(metadata: RowStore, guard: WriteGuard): RefreshTokenStore {
  const get = async (hash: string): Promise<RefreshRow | undefined> => {
    const key = refreshRows.key(hash)
    const value = await metadata.get(key)
    return value === undefined ? undefined : readOrNothing<RefreshRow>(refreshRows, key, value)
  }
  const superfluous = async (name: string, hash: string): Promise<readonly string[]> => {
    const rows = await metadata.list({ prefix: refreshedRows.prefix(partOf(name)), limit: 2 * mostTokens })
    const hashes = rows.map(({ key }) => lastPart(key)).filter((one) => one !== hash)
    if (hashes.length < mostTokens) return []
    const dated = await Promise.all(hashes.map(async (one) => ({ one, at: (await get(one))?.at ?? 0 })))
    const oldest = dated.sort((a, b) => a.at - b.at).slice(0, hashes.length - mostTokens + 1)
    return oldest.flatMap(({ one }) => keysOf(name, one))
  }
  const remove = async (rows: readonly Row[]): Promise<void> => {
    if (rows.length === 0) return
    const keys = rows.flatMap(({ key, value }) => {
      const row = readOrNothing<RefreshRow>(refreshRows, key, value)
      return row === undefined ? [key] : keysOf(row.name, lastPart(key))
    })
    await guard.housekeep(() => metadata.commit({ remove: keys }))
  }
  return {
    get,
    put: async (hash, row) => {
      guard.check()
      await guard.run(async () => {
        const put = [refreshRows.row([hash], row), refreshedRows.row([partOf(row.name), hash], true)]
        await metadata.commit({ put, remove: await superfluous(row.name, hash) })
      })
    },
    sweep: async (isOver) => {
      let found = 0
      for await (const page of eachPage(metadata, refreshRows.prefix(), pageRows)) {
        const over = page.filter(({ key, value }) => {
          const row = readOrNothing<RefreshRow>(refreshRows, key, value)
          return row === undefined || isOver(row)
        })
        await remove(over)
        found += over.length
      }
      return found
    },
  }
}

function keysOf(name: string, hash: string): string[] {
  return [refreshRows.key(hash), refreshedRows.key(partOf(name), hash)]
}

/** Names of accounts may have blanks. */
function partOf(name: string): string {
  return encodeURIComponent(name)
}
