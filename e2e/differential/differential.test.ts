import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { startBuildkitd } from '../testing/buildkitd.ts'
import { missing, needs } from '../testing/needs.ts'
import { type Accepted, accepted, acceptedBy } from './accepted.ts'
import { makeBaseImages } from './base.ts'
import { type Bench, type CaseRun, runCase } from './case-run.ts'
import { type Case, needsReason, readCases } from './cases.ts'
import type { Difference } from './compare.ts'
import { loadBaseImages } from './run-ours.ts'

const wanted = ['root', 'runc', 'buildkitd', 'buildctl', 'umoci', 'python3', 'busybox', 'zstd', 'xz', 'bzip2'] as const
const declare = needs(test.serial, ...wanted)
const cases = readCases()
const tally = { used: new Map<Accepted, number>(), sides: 0, done: 0 }
let bench: Bench

test.before(async () => {
  if (missing(wanted) !== undefined) return
  const directory = mkdtempSync(join(tmpdir(), 'ibuild-diff-'))
  const at = (name: string): string => join(directory, name)
  const base = await makeBaseImages(at('base'))
  await loadBaseImages(at('root'), base)
  bench = { directory, base, root: at('root'), daemon: await startBuildkitd(at('d')) }
})

test.after.always(async () => {
  await bench?.daemon.close()
  if (bench !== undefined) rmSync(bench.directory, { recursive: true, force: true })
})

const jobs = new Map<number, Promise<CaseRun>>()

/** The run of a case; the next one is started with it, so that two are always under way. */
function job(order: number): Promise<CaseRun> {
  for (const i of [order, order + 1]) {
    const one = cases[i]
    if (one === undefined || jobs.has(i)) continue
    const run = runCase(one, i, bench)
    run.catch(() => undefined) // told by the test of that case
    jobs.set(i, run)
  }
  return jobs.get(order) as Promise<CaseRun>
}

for (const [order, one] of cases.entries()) {
  declare(`${one.name} (${one.boxes.join(', ')})`, async (t) => {
    const run = await job(order)
    checkOutcomes(t, one, run)
    if (needsReason(one)) tally.sides += 1
    const left = run.differences.filter((found) => !accept(found, one.name))
    t.is(left.length, 0, left.map(show).join('\n'))
    tally.done += 1
  })
}

/** Who refuses: ours, BuildKit. */
const refuses = {
  success: { ours: false, buildkit: false },
  failure: { ours: true, buildkit: true },
  'ours-refuses': { ours: true, buildkit: false },
  'buildkit-refuses': { ours: false, buildkit: true },
}

function checkOutcomes(t: ExecutionContext, one: Case, { ours, buildkit }: CaseRun): void {
  t.is('refused' in buildkit, refuses[one.expect].buildkit, `BuildKit ${told(buildkit)}`)
  t.is('refused' in ours, refuses[one.expect].ours, `ibuild ${told(ours)}`)
}

function told(outcome: CaseRun['ours']): string {
  return 'refused' in outcome ? `refused:\n${outcome.refused}` : 'built it'
}

function accept(found: Difference, name: string): boolean {
  const row = acceptedBy(found, name)
  if (row !== undefined) tally.used.set(row, (tally.used.get(row) ?? 0) + 1)
  return row !== undefined
}

function show({ field, ours, buildkit }: Difference): string {
  return `${field}\n  ibuild:   ${ours ?? 'absent'}\n  BuildKit: ${buildkit ?? 'absent'}`
}

declare('every accepted difference is seen, and the count is told', (t) => {
  const total = [...tally.used.values()].reduce((sum, count) => sum + count, 0)
  t.log(
    `${tally.done} of ${cases.length} cases agree, ${total} accepted differences of ${accepted.length} kinds, ${tally.sides} cases whose sides are held to different things`,
  )
  const unused = accepted.filter((row) => !tally.used.has(row)).map((row) => row.why)
  t.deepEqual(tally.done < cases.length ? [] : unused, [], 'rows that nothing needs')
})

test('no accepted difference concerns the content, type, mode or owner of a file', (t) => {
  const fields = ['', ':type', ':mode', ':uid', ':gid', ':size', ':digest', ':link', ':device', ':mtime']
  const forbidden = fields.map((field) => `tree:/some/path${field}`)
  for (const row of accepted)
    t.deepEqual(
      forbidden.filter((field) => row.field.test(field)),
      [],
      row.why,
    )
  t.true(accepted.every((row) => /^[A-Z]+\d+$/.test(row.box) && row.why.length > 10))
})
