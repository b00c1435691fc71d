import { crc32 } from 'node:zlib'
import type { Digest } from '../../shared/base/digest.ts'
import { isDigest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { lastPart, readOrNothing } from '../../shared/rows/row-kind.ts'
import type { Row } from '../../shared/rows/row-store.ts'
import { blobRows, doomedRows, manifestRows, uploadRows } from '../storage/rows.ts'
import { backupLimits } from './limits.ts'

/** Rows as a member of a backup. */
export interface RowPiece {
  readonly bytes: Uint8Array
  readonly rows: readonly Row[]
}

/** Rows of uploads that go on, and of bytes that are about to go: neither's bytes are in a backup. */
const leftOut: readonly string[] = [uploadRows.prefix(), doomedRows.prefix()]

/** Says which rows a backup has. */
export type RowChoice = (row: Row) => boolean

/** False for rows of the registry that no backup has. */
function isKept({ key }: Row): boolean {
  return !leftOut.some((prefix) => key.startsWith(prefix))
}

/** A piece ends at rows that their key alone chooses, one of so many: what did not change gives the same pieces again. */
const oneOf = 1024
const leastBytes = 16 * 1024

/** Cuts rows into pieces. */
export async function* rowPieces(
  pages: AsyncIterable<readonly Row[]>,
  choice: RowChoice = isKept,
): AsyncGenerator<RowPiece> {
  let rows: Row[] = []
  let lines: string[] = []
  let size = 0
  const take = (): RowPiece => {
    const piece = { bytes: Buffer.from(lines.join('')), rows }
    ;[rows, lines, size] = [[], [], 0]
    return piece
  }
  for await (const page of pages) {
    for (const row of page.filter(choice)) {
      const line = `${JSON.stringify([row.key, row.value])}\n`
      if (size > 0 && size + line.length > backupLimits.piece) yield take()
      rows.push(row)
      lines.push(line)
      size += line.length
      if (size >= leastBytes && crc32(row.key) % oneOf === 0) yield take()
    }
  }
  if (rows.length > 0) yield take()
}

/** The rows of a piece. `after` is the last key of the piece before it. Errors: BACKUP_INVALID. */
export function parsePiece(bytes: Uint8Array, after: string | undefined, choice: RowChoice = isKept): readonly Row[] {
  let last = after
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const row = parseLine(line, choice)
      if (last !== undefined && Buffer.compare(Buffer.from(row.key), Buffer.from(last)) <= 0) {
        throw new IbuildError('BACKUP_INVALID', 'rows of the backup are not in order, or come twice')
      }
      last = row.key
      return row
    })
}

function parseLine(line: string, choice: RowChoice): Row {
  const parsed: unknown = parseOrNothing(line)
  const [key, value]: readonly unknown[] = Array.isArray(parsed) ? parsed : []
  if (typeof key === 'string' && typeof value === 'string' && key.length <= backupLimits.key) {
    const row = { key, value }
    if (choice(row)) return row
  }
  throw new IbuildError(
    'BACKUP_INVALID',
    `a line of the backup's metadata is no row: ${JSON.stringify(line.slice(0, 80))}`,
  )
}

function parseOrNothing(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** Blobs that rows name, and their sizes; a damaged row names none. */
export function blobOf({ key, value }: Row): { readonly digest: Digest; readonly size: number } | undefined {
  const kind = [blobRows, manifestRows].find((each) => key.startsWith(each.prefix()))
  const digest = lastPart(key)
  if (kind === undefined || !isDigest(digest)) return undefined
  const row = readOrNothing(kind, key, value)
  return row === undefined || row.size < 0 ? undefined : { digest, size: row.size }
}
