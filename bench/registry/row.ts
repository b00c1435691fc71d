import type { RegistryContender, RegistryName } from './contender.ts'

/** One figure of a row. */
export interface Figure {
  readonly title: string
  readonly unit: 's' | 'ms' | '1/s' | 'MiB' | 'x'
  readonly better: 'more' | 'less'
  /** The ratio to the reference that ours must reach. */
  readonly ratio?: number
  /** The value that ours must reach, whatever others have. */
  readonly value?: number
}

/** A row of the benchmark of registries. */
export interface RegistryRow {
  readonly name: string
  readonly title: string
  readonly rounds: number
  readonly figures: readonly Figure[]
  /** Those that can be measured; all without it. */
  readonly contenders?: readonly RegistryName[]
  /** Added to the environment of ours: what of its configuration is not as it is without settings. */
  readonly env?: Readonly<Record<string, string>>
  /** Fills an empty registry; what it gives is handed to every round. */
  prepare(registry: RegistryContender, size: Size): Promise<Measure>
}

/** Measures one round: a value for each figure, in their order. */
export type Measure = (round: number) => Promise<readonly number[]>

/** How much a row does; `small` is for trying it out, its figures say little. */
export type Size = 'full' | 'small'

/** The registry to which the others are compared. */
export const reference = 'distribution'

/** Milliseconds of a piece of work. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = process.hrtime.bigint()
  await work()
  return Number(process.hrtime.bigint() - started) / 1e6
}
