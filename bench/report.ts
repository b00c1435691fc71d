import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { markdownTable, ratioText, verdict } from './markdown.ts'
import { median, type Times } from './measure.ts'
import type { Limit, Row } from './rows.ts'

/** What was measured of one row. */
export interface Result {
  readonly row: Row
  readonly times: Times
  /** Largest memory of ours, MiB. */
  readonly memory: number | undefined
  /** Contender to version. */
  readonly versions: ReadonlyMap<string, string>
}

/** The table of one row, in Markdown. */
export function table({ row, times, versions }: Result): string {
  const lines = [...times].map(([name, seconds]) => {
    const ratios = ratiosTo(times.get(row.reference), seconds)
    const figures = [
      median(seconds).toFixed(3),
      Math.min(...seconds).toFixed(3),
      ratioText(ratios.median),
      ratioText(ratios.best),
    ]
    const limit = row.must.get(name)
    return [
      name,
      versions.get(name) ?? '',
      ...figures,
      limit === undefined ? '' : must(limit, { ratios, times, seconds }),
    ]
  })
  const titles = [
    'builder',
    'version',
    'median s',
    'fastest s',
    `median to ${row.reference}`,
    `fastest to ${row.reference}`,
    'must',
  ]
  return markdownTable({ row, titles, lines })
}

interface Ratios {
  readonly median: number
  readonly best: number
}

function ratiosTo(others: readonly number[] = [], own: readonly number[]): Ratios {
  return { median: median(own) / median(others), best: Math.min(...own) / Math.min(...others) }
}

interface Measured extends Pick<Result, 'times'> {
  readonly seconds: readonly number[]
  /** To the reference of the row. */
  readonly ratios: Ratios
}

/** A limit to another contender shows its ratios too: they are in no column. */
function must({ ratio, to }: Limit, { seconds, times, ratios }: Measured): string {
  const isReached = (value: number): boolean => value <= ratio
  if (to === undefined) return `<= ${ratio.toFixed(2)}: ${verdict(ratios, isReached)}`
  const others = ratiosTo(times.get(to), seconds)
  const shown = Number.isFinite(others.median)
    ? `, is ${ratioText(others.median)}, fastest ${ratioText(others.best)}`
    : ''
  return `<= ${ratio.toFixed(2)} to ${to}${shown}: ${verdict(others, isReached)}`
}

const file = join(import.meta.dirname, '../docs/benchmarks.md')

const method = `# Benchmarks

\`npm run bench\` writes this page: ibuild, packed and installed as a user gets it, beside the BuildKit of Debian's dockerd
("docker"), BuildKit itself and buildah, on one machine. Each builder has a store of its own on one disk. After one build
that is not measured, all of them build in turn in each round, each round beginning with another; a figure is the median
of the rounds, from the start of the command to its end. Memory is the largest resident size of one more build. After each build it is checked that the image is in the store
and that the steps ran, or came from the cache, as the row says. Machines differ and are noisy: only ratios
count, and where the median and the fastest round disagree about a limit, nothing is claimed.

The rows R are of registries: ibuild, distribution 3.1 and docker-registry 2.8 on one disk, over plain HTTP on loopback, each
as it is without settings. All run at once and are measured in turn. The client is wrk (R1, R2), one connection that reads into
one buffer (R3, R6, layers of R5), or a program of ours that speaks to all of them alike.

Of B1 and B2, fastest rounds: \`node -e 0\` takes 23 ms, a build that finds all in its cache 54 ms. With crun a RUN in the middle
of a build takes 16 ms, of which the container takes 10 (\`crun run\` with nothing that a RUN needs takes 6) and what is done
around it 6: overlay and mount points, the scan of the layer, its records. The first one takes some 50 ms more: native
calls are loaded (7 ms), and the kernel's lock of control groups has to be woken (up to 40 ms, most of them beside other
work). With runc, whose \`runc run\` alone takes about 40 ms, a RUN takes 44.
`

/** Replaces the section of the row measured in docs/benchmarks.md; the others stay as they are. */
export function writeReport(result: Result): void {
  writeSection(result.row.name, `${table(result)}\n\n${memoryOf(result)}${circumstances(roundsOf(result))}`)
}

/** Puts the text of a row, which begins with its heading, into docs/benchmarks.md: rows of builders first, then registries. */
export function writeSection(name: string, text: string): void {
  const old = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const sections = new Map(
    old
      .split(/^(?=## )/m)
      .slice(1)
      .map((section) => [heading(section), section.trim()]),
  )
  sections.set(name, text)
  const sorted = [...sections].sort(([a], [b]) => inOrder(a, b)).map(([, section]) => section)
  writeFileSync(file, `${[method, ...sorted].join('\n').replaceAll(/\n+(?=## )/g, '\n\n')}\n`)
}

function heading(section: string): string {
  return /^## (\w+)/.exec(section)?.[1] ?? ''
}

function inOrder(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}

function roundsOf({ times }: Result): number {
  return [...times.values()][0]?.length ?? 0
}

function memoryOf({ row, memory }: Result): string {
  return memory === undefined ? '' : `Largest memory of ibuild: ${memory} MiB (must: ${row.memory}).\n\n`
}

/** When and where something was measured. */
export function circumstances(rounds: number): string {
  const installed = Math.round(totalmem() / 2 ** 30)
  const date = new Date().toISOString().slice(0, 10)
  const load = loadavg()[1]?.toFixed(1)
  return `${date}, ${rounds} rounds, ${cpus().length} cores, ${installed} GiB, Linux ${release()}, load of five minutes ${load}.`
}
