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

/** A server that is measured. */
export interface ServerContender extends AsyncDisposable {
  readonly name: string
  /** Program and version, as people would write them. */
  readonly version: string
}

/** What is measured of servers that do the same work, one beside the other. */
export interface ServerRow<C extends ServerContender> {
  readonly name: string
  readonly title: string
  readonly rounds: number
  readonly figures: readonly Figure[]
  /** Those that can be measured; all without it. */
  readonly contenders?: readonly C['name'][]
  /** Added to the environment of ours: what of its configuration is not as it is without settings. */
  readonly env?: Readonly<Record<string, string>>
  /** Fills an empty server; what it gives is handed to every round. */
  prepare(server: C, size: Size): Promise<Measure>
}

/** Measures one round: a value for each figure, in their order. */
export type Measure = (round: number) => Promise<readonly number[]>

/** How much a row does; `small` is for trying it out, its figures say little. */
export type Size = 'full' | 'small'

/** Rows of one kind of servers. */
export interface ServerField<C extends ServerContender> {
  readonly rows: readonly ServerRow<C>[]
  readonly names: readonly C['name'][]
  /** The one to which the others are compared. */
  readonly reference: C['name']
  readonly start: (name: C['name'], options: ContenderOptions) => Promise<C>
}

export interface ContenderOptions {
  /** Data folder, empty or filled. */
  readonly root: string
  /** The installed command of ours, and what is added to its environment. */
  readonly program: string
  readonly env?: Readonly<Record<string, string>> | undefined
}

/** Milliseconds of a piece of work. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = process.hrtime.bigint()
  await work()
  return Number(process.hrtime.bigint() - started) / 1e6
}
