import type { Digest } from '../../shared/base/digest.ts'
import type { Row } from '../../shared/rows/row-store.ts'
import { invalid, verified } from './checked-content.ts'
import { backupLimits } from './limits.ts'
import type { DatabaseRows } from './manifest.ts'
import type { ReadMember } from './members.ts'
import { parsePiece } from './row-pieces.ts'

/** Takes rows of databases beside that of the registry. */
export interface DatabaseTarget {
  /** In the order of keys. */
  database(name: string, rows: readonly Row[]): Promise<void>
}

interface ReadRows extends DatabaseRows {
  readonly metadata: Digest[]
  rows: number
  lastKey: string | undefined
}

/** Reads and verifies pieces of rows of such databases. Errors: BACKUP_INVALID. */
export class DatabaseReader {
  readonly #target: DatabaseTarget
  readonly #read = new Map<string, ReadRows>()

  constructor(target: DatabaseTarget) {
    this.#target = target
  }

  async take({ name, digest }: { readonly name: string; readonly digest: Digest }, member: ReadMember): Promise<void> {
    const read = this.#read.get(name) ?? { name, metadata: [], rows: 0, lastKey: undefined }
    this.#read.set(name, read)
    if (this.#read.size > backupLimits.databases) throw invalid('the backup has too many databases')
    const bytes = await verified(digest, member, backupLimits.largestPiece)
    const rows = parsePiece(bytes, read.lastKey, () => true)
    read.lastKey = rows.at(-1)?.key ?? read.lastKey
    read.rows += rows.length
    read.metadata.push(digest)
    await this.#target.database(name, rows)
  }

  /** Holds what came against what the manifest says. */
  finish(databases: readonly DatabaseRows[]): void {
    if (shapeOf(databases) === shapeOf([...this.#read.values()])) return
    throw invalid('the backup has not the databases that it should have')
  }
}

/** Of databases that have rows, in any order, for comparing. */
function shapeOf(databases: readonly DatabaseRows[]): string {
  const filled = databases.filter(({ metadata }) => metadata.length > 0)
  const shapes = filled.map(({ name, metadata, rows }) => JSON.stringify([name, metadata, rows]))
  return shapes.sort().join()
}
