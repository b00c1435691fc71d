import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { rotated } from '../measure.ts'
import type { Measure, ServerContender, ServerField, ServerRow, Size } from './row.ts'

/** What was measured: of each server, for each figure of the row, a value of each round. */
export interface ServerResult {
  readonly row: Pick<ServerRow<ServerContender>, 'name' | 'title' | 'figures'>
  readonly reference: string
  readonly values: ReadonlyMap<string, readonly (readonly number[])[]>
  readonly versions: ReadonlyMap<string, string>
}

export interface RunOptions {
  /** Folder for everything, empty. */
  readonly folder: string
  /** The installed command of ours. */
  readonly program: string
  /** Servers whose name begins so; all when undefined. */
  readonly only?: string | undefined
  readonly rounds?: number | undefined
  readonly size: Size
}

/** One server, prepared for a row. */
interface Prepared {
  readonly server: ServerContender
  readonly measure: Measure
}

/** A row that can be run, of whichever kind its servers are. */
export interface RunnableRow {
  readonly name: string
  readonly rounds: number
  run(options: RunOptions): Promise<ServerResult>
}

export function runnableRows<C extends ServerContender>(field: ServerField<C>): readonly RunnableRow[] {
  return field.rows.map((row) => ({
    name: row.name,
    rounds: row.rounds,
    run: (options) => runServerRow(field, row, options),
  }))
}

/**
 * Runs a row: all servers run at once on folders of their own, filled one after the other; then, after a round that does not
 * count, all are measured in turn in each round, each round beginning with another.
 */
async function runServerRow<C extends ServerContender>(
  { names, reference, start }: ServerField<C>,
  row: ServerRow<C>,
  options: RunOptions,
): Promise<ServerResult> {
  await using running = new AsyncDisposableStack()
  const prepared: Prepared[] = []
  for (const name of (row.contenders ?? names).filter((each) => each.startsWith(options.only ?? ''))) {
    const root = join(options.folder, name)
    mkdirSync(root, { recursive: true })
    const server = running.use(await start(name, { root, program: options.program, env: row.env }))
    prepared.push({ server, measure: await row.prepare(server, options.size) })
  }
  const values = new Map(prepared.map(({ server }) => [server.name, row.figures.map((): number[] => [])]))
  for (let round = 0; round <= (options.rounds ?? row.rounds); round++) {
    for (const { server, measure } of rotated(prepared, round)) {
      const measured = await measure(round)
      if (round === 0) continue
      for (const [i, value] of measured.entries()) values.get(server.name)?.[i]?.push(value)
    }
  }
  return { row, reference, values, versions: new Map(prepared.map(({ server: { name, version } }) => [name, version])) }
}
