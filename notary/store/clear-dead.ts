import { eachPage } from '../../shared/rows/each-row.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { parseRole } from '../tuf/role.ts'
import { fileKey } from './file-rows.ts'
import { deadRows, hashRows, oldRows } from './rows.ts'

const rowsAtOnce = 300

/**
 * Removes all rows of a collection that is no more, some at a time, and last the one that says so. May be cut short at any point: the
 * next time it goes on. Files themselves are not read: the rows of their hashes tell which there are.
 */
export async function clearDead(rows: RowStore, id: string, signal: AbortSignal): Promise<void> {
  for (const prefix of [hashRows.prefix(id), oldRows.prefix(id)]) {
    for await (const page of eachPage(rows, prefix, rowsAtOnce)) {
      if (signal.aborted) return
      const files = page.flatMap(({ key, value }) => fileOf(key, value))
      await rows.commit({ remove: [...files, ...page.map(({ key }) => key)], isMinor: true })
    }
  }
  await rows.commit({ remove: [deadRows.key(id)] })
}

/** The key of the file that a row of a hash leads to. */
function fileOf(key: string, value: string): string[] {
  const [kind, id = '', role = ''] = key.split(' ')
  if (kind !== 'hash') return []
  return [fileKey({ id, role: parseRole(role), version: hashRows.parse(key, value) })]
}
