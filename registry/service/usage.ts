import { eachRow } from '../../shared/rows/each-row.ts'
import { lastPart, readOrNothing } from '../../shared/rows/row-kind.ts'
import { type Change, ChangeConflict, type Row, type RowStore } from '../../shared/rows/row-store.ts'
import { linkRows, manifestRows, settingRows, type UsageRow, usageRows } from '../storage/rows.ts'
import { bytesOfRow, sizedKinds, usageState } from '../storage/usage-rows.ts'

/** Bytes of the blobs and manifests that a repository has; what several have counts for each. */
export interface Usage {
  readonly bytes: number
  /** False while what an earlier version stored is still being counted: then there is more. */
  readonly isWhole: boolean
}

/** What a repository has. Costs one look, or two where it has nothing. */
export async function usageOf(metadata: RowStore, name: string): Promise<Usage> {
  const key = usageRows.key(name)
  const [value, state] = await metadata.getMany([key, usageState])
  const row = value === undefined ? undefined : readOrNothing<UsageRow>(usageRows, key, value)
  if (row === undefined) return { bytes: 0, isWhole: state !== undefined }
  return { bytes: row.bytes, isWhole: row.countedTo === undefined }
}

/** Rows that are looked at together. */
const page = 1000

/**
 * Counts what was stored by a version that did not, behind all that goes on meanwhile; does nothing where all is counted.
 * `guard` is called before each write and ends it by throwing: the next call goes on where this one was.
 */
export async function countUsage(metadata: RowStore, guard: () => void): Promise<void> {
  const text = await metadata.get(usageState)
  const state = text === undefined ? undefined : settingRows.parse(usageState, text)
  if (state === 'counted') return
  if (state !== 'scanned') await beginAll(metadata, guard)
  for await (const { key, value } of eachRow(metadata, usageRows.prefix())) {
    const row = readOrNothing<UsageRow>(usageRows, key, value)
    if (row === undefined || row.countedTo !== undefined) await countRepository(metadata, lastPart(key), guard)
  }
  await setState(metadata, 'counted', guard)
}

/** Counts one repository anew, as when what was counted is wrong. */
export async function recountUsage(metadata: RowStore, name: string, guard: () => void): Promise<void> {
  guard()
  await metadata.commit({ put: [usageRows.row([name], uncounted)], isMinor: true })
  await countRepository(metadata, name, guard)
}

const uncounted: UsageRow = { bytes: 0, countedTo: '', changes: 0 }

/** Bytes of the links and manifests of a repository, read row by row. */
export async function storedBytes(metadata: RowStore, name: string): Promise<number> {
  let sum = 0
  for (const kind of sizedKinds) {
    for await (const { key, value } of eachRow(metadata, kind.prefix(name))) sum += bytesOfRow(key, value)
  }
  return sum
}

/** Repositories that have a blob or a manifest, each once: first those with blobs. */
export async function* namesWithBytes(metadata: RowStore): AsyncGenerator<string> {
  yield* namesIn(metadata, linkRows.prefix())
  for await (const name of namesIn(metadata, manifestRows.prefix())) {
    const links = await metadata.list({ prefix: linkRows.prefix(name), limit: 1 })
    if (links.length === 0) yield name
  }
}

/** Makes a row for every repository that has something and none yet. One that is changed meanwhile gets it by that. */
async function beginAll(metadata: RowStore, guard: () => void): Promise<void> {
  for await (const name of namesWithBytes(metadata)) {
    const key = usageRows.key(name)
    if ((await metadata.get(key)) !== undefined) continue
    guard()
    await unlessTaken(metadata, { put: [usageRows.row([name], uncounted)], expect: [{ key, value: undefined }] })
  }
  await setState(metadata, 'scanned', guard)
}

async function setState(metadata: RowStore, state: 'scanned' | 'counted', guard: () => void): Promise<void> {
  guard()
  await metadata.commit({ put: [settingRows.row(['usage'], state)], isMinor: true })
}

/** The second parts of keys, each once: one look for each. */
async function* namesIn(metadata: RowStore, prefix: string): AsyncGenerator<string> {
  for (let after: string | undefined; ; ) {
    const [row] = await metadata.list({ prefix, limit: 1, ...(after !== undefined && { after }) })
    if (row === undefined) return
    const name = row.key.slice(prefix.length).split(' ', 1)[0] ?? ''
    yield name
    after = `${prefix}${name} ~` // after every digest
  }
}

/** Counts what is not counted yet. Whoever changes something of the repository meanwhile makes the step be done again. */
async function countRepository(metadata: RowStore, name: string, guard: () => void): Promise<void> {
  const key = usageRows.key(name)
  for (;;) {
    const value = await metadata.get(key)
    if (value === undefined) return
    const row = readOrNothing<UsageRow>(usageRows, key, value) ?? uncounted
    const { countedTo } = row
    if (countedTo === undefined) return
    const rows = await rowsAfter(metadata, name, countedTo)
    guard()
    await unlessTaken(metadata, { put: [countedRow(name, { ...row, countedTo }, rows)], expect: [{ key, value }] })
  }
}

/** Links come before manifests, in the order of the rows and of their kinds. */
async function rowsAfter(metadata: RowStore, name: string, after: string): Promise<readonly Row[]> {
  for (const prefix of sizedKinds.map((kind) => kind.prefix(name))) {
    if (after >= `${prefix}~`) continue
    const rows = await metadata.list({ prefix, limit: page, ...(after > prefix && { after }) })
    if (rows.length > 0) return rows
  }
  return []
}

function countedRow(name: string, { bytes, changes = 0 }: UsageRow, rows: readonly Row[]): Row {
  const sum = rows.reduce((all, { key, value }) => all + bytesOfRow(key, value), bytes)
  const last = rows.at(-1)
  return usageRows.row(
    [name],
    last === undefined ? { bytes: sum } : { bytes: sum, countedTo: last.key, changes: changes + 1 },
  )
}

/** What is lost of it with the power is counted again. */
async function unlessTaken(metadata: RowStore, change: Change): Promise<void> {
  try {
    await metadata.commit({ ...change, isMinor: true })
  } catch (error) {
    if (!(error instanceof ChangeConflict)) throw error
  }
}
