// `npm run bench`: measures ours beside other builders and other registries.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runOk } from '../e2e/testing/run.ts'
import { startBuildah } from './buildah.ts'
import { startBuildkit } from './buildkit.ts'
import { type Contender, compressions } from './contender.ts'
import { startDocker } from './docker.ts'
import { installPackage, installWrk } from './install.ts'
import { measureMemory, measureRow } from './measure.ts'
import { notaryField } from './notary/field.ts'
import { type BenchOptions, parseOptions, usage } from './options.ts'
import { startOurs } from './ours.ts'
import { registryField } from './registry/field.ts'
import { circumstances, type Result, table, writeReport, writeSection } from './report.ts'
import { retentionField } from './retention/field.ts'
import { type Row, rows } from './rows.ts'
import { type RunnableRow, runnableRows } from './servers/run.ts'
import { serverTable } from './servers/table.ts'
import { trustField } from './trust/field.ts'

const directory = mkdtempSync(join(tmpdir(), 'ib-'))
let installed: Promise<string> | undefined

/** The installed command of this project. */
function ours(): Promise<string> {
  installed ??= installPackage(join(directory, 'installed'))
  return installed
}

/** Starts a contender in an empty folder. A name may say after a dash which runtime it has, or how it compresses what it pushes. */
async function start(name: string, folder: string): Promise<Contender> {
  mkdirSync(folder)
  if (name === 'docker') return startDocker(folder)
  if (name === 'buildah') return startBuildah(folder)
  const [program, variant] = name.split('-')
  const compression = compressions.find((each) => each === variant)
  if (program === 'buildkit') return startBuildkit(folder, { name, compression })
  const runtime = compression === undefined ? variant : undefined
  return startOurs({ name, program: await ours(), root: join(folder, 'root'), runtime, compression })
}

/** Runs one row with contenders that have nothing from other rows. */
async function runRow(row: Row, options: BenchOptions): Promise<Result> {
  const folder = mkdtempSync(join(directory, `${row.name}-`))
  const names = row.contenders.filter((name) => name.startsWith(options.only ?? ''))
  await using running = new AsyncDisposableStack()
  const work = running.use(await row.prepare(folder))
  const contenders: Contender[] = []
  for (const name of names) contenders.push(running.use(await start(name, join(folder, name))))
  if (work.base !== undefined) for (const contender of contenders) await contender.load(work.base)
  const field = { contenders, rounds: options.rounds ?? row.rounds }
  const times = await measureRow(row, work, field)
  const memory = await measureMemory(row, work, field)
  return { row, times, memory, versions: new Map(contenders.map(({ name, version }) => [name, version])) }
}

const serverRows: readonly RunnableRow[] = [
  ...runnableRows(registryField),
  ...runnableRows(notaryField),
  ...runnableRows(trustField),
  ...runnableRows(retentionField),
]

async function measureServers(row: RunnableRow, { only, rounds, small, write }: BenchOptions): Promise<void> {
  const folder = mkdtempSync(join(directory, `${row.name}-`))
  const size = small ? 'small' : 'full'
  const result = await row.run({ folder, program: await ours(), only, rounds, size })
  console.log(`${serverTable(result)}\n`)
  if (write) writeSection(row.name, `${serverTable(result)}\n\n${circumstances(rounds ?? row.rounds)}`)
  await runOk('rm', ['-rf', folder], { timeout: 600_000 }) // several times faster than rmSync where there are 100 000 files
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2))
  const isChosen = ({ name }: { readonly name: string }): boolean =>
    options.rows.length === 0 || options.rows.includes(name)
  const [chosen, servers] = [rows.filter(isChosen), serverRows.filter(isChosen)]
  const unknown = options.rows.filter((name) => ![...rows, ...serverRows].some((row) => row.name === name))
  if (unknown.length > 0) throw new Error(`no row ${unknown.join(', ')}\n\n${usage}`)
  for (const row of chosen) {
    const result = await runRow(row, options)
    console.log(`${table(result)}\n`)
    if (options.write) writeReport(result)
  }
  if (servers.length > 0) installWrk()
  for (const row of servers) await measureServers(row, options)
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  rmSync(directory, { recursive: true, force: true })
}
