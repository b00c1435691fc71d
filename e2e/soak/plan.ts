/** What one client process is told to do. */
export interface SoakPlan {
  /** `http://HOST:PORT`. */
  readonly base: string
  readonly seed: number
  /** From 0. */
  readonly client: number
  readonly clients: number
  /** Pushes of this client, all its lanes together. */
  readonly pushes: number
  /** It also ends at this time; milliseconds since the epoch. */
  readonly until?: number | undefined
  /** How long the server keeps what it told a client of; milliseconds. */
  readonly lease: number
  /** True when the server is killed now and then: then what was not answered is asked again. */
  readonly isKilled: boolean
}

/** Each client does so many things side by side. */
export const lanesOfClient = 4
/** Repositories that all share, for each lane: as many as leave most of them alone for longer than leases last. */
const repositoriesPerLane = 3

export function sharedRepositories({ clients }: Pick<SoakPlan, 'clients'>): string[] {
  return Array.from({ length: clients * lanesOfClient * repositoriesPerLane }, (_, i) => `soak/r${i}`)
}

/** Tags that everybody moves and deletes. */
export const sharedTags: readonly string[] = ['latest', 'stable', 'edge']
