import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { rotated } from '../measure.ts'
import { collectionRows } from './collections.ts'
import { type RegistryContender, type RegistryName, registryNames, startContender } from './contender.ts'
import { listingRows } from './listings.ts'
import { requestRows } from './requests.ts'
import type { Measure, RegistryRow, Size } from './row.ts'
import { startRows } from './starts.ts'
import { transferRows } from './transfers.ts'

export const registryRows: readonly RegistryRow[] = [
  ...requestRows,
  ...transferRows,
  ...listingRows,
  ...collectionRows,
  ...startRows,
]

/** What was measured: of each registry, for each figure of the row, a value of each round. */
export interface RegistryResult {
  readonly row: RegistryRow
  readonly size: Size
  readonly values: ReadonlyMap<RegistryName, readonly (readonly number[])[]>
  readonly versions: ReadonlyMap<RegistryName, string>
}

export interface RunOptions {
  /** Folder for everything, empty. */
  readonly folder: string
  /** The installed command of ours. */
  readonly program: string
  /** Registries whose name begins so; all when undefined. */
  readonly only?: string | undefined
  readonly rounds?: number | undefined
  readonly size: Size
}

/** One registry, prepared for a row. */
interface Prepared {
  readonly registry: RegistryContender
  readonly measure: Measure
}

/**
 * Runs a row: all registries run at once on folders of their own, filled one after the other; then, after a round that does not
 * count, all are measured in turn in each round, each round beginning with another.
 */
export async function runRegistryRow(row: RegistryRow, options: RunOptions): Promise<RegistryResult> {
  await using running = new AsyncDisposableStack()
  const prepared: Prepared[] = []
  for (const name of (row.contenders ?? registryNames).filter((each) => each.startsWith(options.only ?? ''))) {
    const root = join(options.folder, name)
    mkdirSync(root, { recursive: true })
    const registry = running.use(await startContender(name, { root, program: options.program, env: row.env }))
    prepared.push({ registry, measure: await row.prepare(registry, options.size) })
  }
  const values = new Map(prepared.map(({ registry }) => [registry.name, row.figures.map((): number[] => [])]))
  for (let round = 0; round <= (options.rounds ?? row.rounds); round++) {
    for (const { registry, measure } of rotated(prepared, round)) {
      const measured = await measure(round)
      if (round === 0) continue
      for (const [i, value] of measured.entries()) values.get(registry.name)?.[i]?.push(value)
    }
  }
  return {
    row,
    size: options.size,
    values,
    versions: new Map(prepared.map(({ registry }) => [registry.name, registry.version])),
  }
}
