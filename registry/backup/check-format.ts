import { type DatabaseKind, formatKey, isKnownFormat } from '../../shared/rows/open-level.ts'
import type { Row } from '../../shared/rows/row-store.ts'
import { invalid } from './checked-content.ts'

/** Refuses rows of a database, one of which is that of its format, when a newer version wrote them. BACKUP_INVALID. */
export function checkFormat(rows: readonly Row[], kind: DatabaseKind): void {
  const row = rows.find(({ key }) => key === formatKey)
  if (row === undefined || isKnownFormat(row.value, kind)) return
  throw invalid(`${kind.what} in the backup are of a newer version`, 'Use the ibuild that made it, or a newer one.')
}
