import { parseArgs } from 'node:util'

/** What one run of the benchmark is to do. */
export interface BenchOptions {
  /** Names of rows; all when empty. */
  readonly rows: readonly string[]
  /** Contenders whose name starts so; all when undefined. */
  readonly only: string | undefined
  /** Measured rounds of each row; its own number when undefined. */
  readonly rounds: number | undefined
  /** Do little, to see whether everything works: the figures of registries say nothing then. */
  readonly small: boolean
  /** Write the figures to docs/benchmarks.md. */
  readonly write: boolean
}

export const usage = `npm run bench [-- --rows B1,B2,...] [--only ibuild|docker|buildkit|buildah] [--rounds N] [--small] [--no-write]

Measures ours beside BuildKit and buildah (rows B), other registries (rows R) and notary-server (rows T), and retention (rows G), and writes the
ratios to docs/benchmarks.md, unless --only, --small or --no-write.`

/** Parses the arguments; a wrong one is an error that says so. */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      rows: { type: 'string', default: '' },
      only: { type: 'string' },
      rounds: { type: 'string' },
      small: { type: 'boolean', default: false },
      write: { type: 'boolean', default: true },
    },
  })
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds)
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0)) throw new Error('--rounds wants a number')
  const rows = values.rows.split(',').filter((name) => name !== '')
  const { only, small } = values
  return { rows, only, rounds, small, write: values.write && only === undefined && !small }
}
