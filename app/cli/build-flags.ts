/** What commander gives for `ibuild build`. */
export interface BuildFlags {
  readonly root?: string
  readonly tag?: string[]
  readonly file?: string
  readonly target?: string
  readonly buildArg?: string[]
  readonly label?: string[]
  readonly output?: string[]
  readonly cache: boolean
  /** `--no-cache-filter`; true when it is not given. */
  readonly cacheFilter: string[] | true
  readonly progress: string
  readonly quiet?: boolean
  readonly iidfile?: string
  readonly network: string
  readonly addHost?: string[]
  readonly runtime?: string
  readonly memory?: string
  readonly shmSize?: string
  readonly cpuQuota?: string
  readonly cpuPeriod?: string
  readonly cpuShares?: string
  readonly ulimit?: string[]
}
