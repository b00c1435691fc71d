import type { NotarySnapshots } from '../../notary/server/open-notary.ts'
import type { Log } from '../../shared/log/log.ts'
import { eachPage } from '../../shared/rows/each-row.ts'
import type { Row, RowStore } from '../../shared/rows/row-store.ts'
import type { AdminRoute } from '../../shared/web/admin/route.ts'
import { startAdmin } from '../../shared/web/admin/server.ts'
import { rowSockets } from '../adapters/notary-parts.ts'

/** What takes all rows of a database as they are. */
type TakeSnapshot = RowStore['snapshot']

/** Rows are read by few, as one may have 64 MiB. */
const pageSize = 8
/** Characters, about, of what goes into a line beside its last row. */
const lineLength = 1024 * 1024

const routes: readonly AdminRoute<TakeSnapshot>[] = [
  {
    method: 'POST',
    path: '/v1/rows',
    about: 'all rows at one moment, in lines that are arrays of `[key, value]`, and an empty array as the last',
    lines: rowLines,
  },
]

/**
 * Gives other processes of this user all rows of a database of which this process is the owner, on a unix socket: for backups. The
 * socket is gone when the result is disposed of.
 */
export async function serveRows(socket: string, take: TakeSnapshot, log: Log): Promise<() => Promise<void>> {
  return startAdmin({ admin: take, routes, log }, socket)
}

async function* rowLines(take: TakeSnapshot): AsyncGenerator<readonly (readonly [key: string, value: string])[]> {
  const snapshot = await take()
  try {
    for await (const page of eachPage(snapshot, '', pageSize))
      for (const rows of shortLines(page)) yield rows.map(({ key, value }) => [key, value])
    yield []
  } finally {
    await snapshot.close()
  }
}

function* shortLines(page: readonly Row[]): Generator<readonly Row[]> {
  let line: Row[] = []
  let length = 0
  for (const row of page) {
    line.push(row)
    length += row.value.length
    if (length < lineLength) continue
    yield line
    ;[line, length] = [[], 0]
  }
  if (line.length > 0) yield line
}

/** The same for all databases of a notary that this process has open. */
export async function serveNotaryRows(
  root: string,
  snapshots: NotarySnapshots,
  log: Log,
): Promise<() => Promise<void>> {
  await using started = new AsyncDisposableStack()
  const sockets = rowSockets(root)
  if (snapshots.metadata !== undefined) started.defer(await serveRows(sockets.metadata, snapshots.metadata, log))
  if (snapshots.signer !== undefined) started.defer(await serveRows(sockets.signer, snapshots.signer, log))
  const running = started.move()
  return () => running.disposeAsync()
}
