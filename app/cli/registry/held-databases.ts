import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { HeldDatabase } from '../../../registry/backup/further-parts.ts'
import { rowsOfLine } from '../../../registry/server/admin/hold-lines.ts'
import { type OpenLines, openLines } from '../../../registry/server/admin/open-lines.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { eachPage } from '../../../shared/rows/each-row.ts'
import { openLevelRows } from '../../../shared/rows/level-rows.ts'
import type { Row } from '../../../shared/rows/row-store.ts'
import { adminError, isNobodyThere } from '../../../shared/web/admin/call.ts'
import { withShortPath } from '../../../shared/web/admin/socket.ts'
import type { KeptDatabase } from '../../adapters/kept-database.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { whileBusy } from '../while-busy.ts'

const pageSize = 100

/** Databases, as each was at one moment, until they are let go. */
export interface HeldDatabases extends AsyncDisposable {
  readonly databases: readonly HeldDatabase[]
}

/**
 * Takes databases of a data folder, those that there are, in their order: each through the process that has it open, or else as this
 * process opens it. Errors: SERVER_BUSY when its owner does not answer, STORE_INVALID.
 */
export async function holdDatabases(root: string, wanted: readonly KeptDatabase[]): Promise<HeldDatabases> {
  await using opened = new AsyncDisposableStack()
  const databases: HeldDatabase[] = []
  for (const database of wanted)
    if (existsSync(join(root, database.path))) databases.push(await holdDatabase(root, database, opened))
  const held = opened.move()
  return { databases, [Symbol.asyncDispose]: () => held.disposeAsync() }
}

async function holdDatabase(root: string, database: KeptDatabase, opened: AsyncDisposableStack): Promise<HeldDatabase> {
  return whileBusy(async () => {
    const lines = await linesOf(join(root, database.socket))
    if (lines === undefined) return openAlone(root, database, opened)
    opened.defer(() => lines.close())
    return { name: database.name, rows: () => heldRows(lines, database) }
  })
}

/** Undefined where nobody listens. */
async function linesOf(socket: string): Promise<OpenLines | undefined> {
  const request = { method: 'POST', path: '/v1/rows' }
  try {
    const lines = await withShortPath(socket, (socketPath) => openLines({ socketPath, ...request }))
    if ('refusal' in lines) throw adminError(lines.refusal)
    return lines
  } catch (error) {
    if (isNobodyThere(error)) return undefined
    throw error
  }
}

async function* heldRows({ lines }: OpenLines, { kind }: KeptDatabase): AsyncGenerator<readonly Row[]> {
  for await (const line of lines) {
    const rows = rowsOfLine(line)
    if (rows.length === 0) return
    yield rows
  }
  throw new IbuildError('SERVER_FAILED', `the server ended before it had told all of ${kind.what}`, {
    hint: 'It was stopped, or opened its files anew: see its log, and try again.',
  })
}

async function openAlone(
  root: string,
  { name, path, kind }: KeptDatabase,
  opened: AsyncDisposableStack,
): Promise<HeldDatabase> {
  const onNotice = (line: string): void => void process.stderr.write(`${sanitize(line)}\n`)
  const store = await openLevelRows(kind, { folder: join(root, path), onNotice })
  opened.defer(() => store.close())
  const snapshot = await store.snapshot()
  opened.defer(() => snapshot.close())
  return { name, rows: () => eachPage(snapshot, '', pageSize) }
}
