import { IbuildError } from '../../../shared/base/errors.ts'
import { collect } from '../arguments.ts'
import type { FlagGroup } from './flag-group.ts'

/** Which steps are looked up in the build cache. */
export interface CacheFlags {
  readonly cache: boolean
  /** `--no-cache-filter`; true when it is not given. */
  readonly cacheFilter: string[] | true
  /** Read by the command. */
  readonly explain?: string
}

export const cacheFlags: FlagGroup<CacheFlags> = {
  declare: (parser) =>
    parser
      .option('--no-cache', 'run every step again')
      .option('--no-cache-filter <stages>', 'run every step of these stages again (repeat, or with commas)', collect)
      .option('--explain [=json]', 'show after the build why each step was or was not in the cache'),
  toOptions: ({ cache, cacheFilter }) => ({
    noCache: !cache,
    noCacheStages: (cacheFilter === true ? [] : cacheFilter).flatMap((text) => text.split(',')),
  }),
}

/** How `--explain` shows what it knows; undefined without the flag. Errors: USAGE. */
export function explainFormat({ explain }: CacheFlags): 'text' | 'json' | undefined {
  if (explain === undefined || explain === 'text' || explain === 'json') return explain
  throw new IbuildError('USAGE', `--explain=${explain}: there are only --explain and --explain=json`)
}

/** The words of a command line with `--explain` given a value, so that it does not take the next word for one. */
export function withExplainValue(argv: readonly string[]): string[] {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length
  return argv.map((word, i) => (word === '--explain' && i < end ? '--explain=text' : word))
}
