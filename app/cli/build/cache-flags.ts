import { collect } from '../arguments.ts'
import type { FlagGroup } from './flag-group.ts'

/** Which steps are looked up in the build cache. */
export interface CacheFlags {
  readonly cache: boolean
  /** `--no-cache-filter`; true when it is not given. */
  readonly cacheFilter: string[] | true
}

export const cacheFlags: FlagGroup<CacheFlags> = {
  declare: (parser) =>
    parser
      .option('--no-cache', 'run every step again')
      .option('--no-cache-filter <stages>', 'run every step of these stages again (repeat, or with commas)', collect),
  toOptions: ({ cache, cacheFilter }) => ({
    noCache: !cache,
    noCacheStages: (cacheFilter === true ? [] : cacheFilter).flatMap((text) => text.split(',')),
  }),
}
