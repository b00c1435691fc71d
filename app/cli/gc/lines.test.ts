import test from 'ava'
import type { Run, Totals } from '../../../retention/run/types.ts'
import { textWidth } from '../table.ts'
import { decisionTable } from './decision-lines.ts'
import { runCode, runLines } from './run-lines.ts'
import { totalsLines } from './totals-lines.ts'

const day = 86_400_000
const now = Date.UTC(2026, 2, 1)
const digest = `sha256:${'ab'.repeat(32)}`

const item = { kind: 'tag', repository: 'team/app', name: 'pr-7', size: 1_260_000, pushedAt: now - 20 * day } as const
const decision = { item, verdict: 'delete', reason: 'DELETE_AGE', about: 'pushed 20 days ago' } as const

test('decisions stand in columns, whatever comes later', (t) => {
  const table = decisionTable({ now, trunc: true, why: false })
  t.is(table.heading, 'VERDICT   REASON             AGE       SIZE      ITEM\n')
  t.is(table.line(decision), 'delete    DELETE_AGE         20 d      1.26MB    team/app:pr-7\n')
  const untagged = { ...item, kind: 'untagged', name: digest } as const
  t.regex(table.line({ ...decision, item: untagged }), / team\/app@sha256:abababababab\n$/)
  const whole = decisionTable({ now, trunc: false, why: false })
  t.true(whole.line({ ...decision, item: untagged }).endsWith(`team/app@${digest}\n`))
  const volume = { ...item, kind: 'volume', repository: '', name: 'data' } as const
  t.regex(table.line({ ...decision, item: volume }), / volume data\n$/)
})

test('a line is cut where the terminal ends, and why something is decided stands below it', (t) => {
  const long = { ...decision, item: { ...item, name: 'x'.repeat(120) }, about: `\u001b[2J${'y'.repeat(200)}` }
  const table = decisionTable({ now, trunc: true, why: true, width: 80 })
  const lines = table.line(long).split('\n')
  t.deepEqual(
    lines.map((line) => textWidth(line)),
    [80, 80, 0],
  )
  t.regex(lines[1] ?? '', /^ {10}y+\.\.\.$/)
})

const totals: Totals = {
  considered: 2000,
  kept: 1970,
  deleted: 30,
  bytes: 1_200_000,
  freed: 400_000,
  shared: 800_000,
  sharedWith: ['team/app:1', 'team/web:1'],
  measured: 30,
  reasons: { DEFAULT_KEEP: 1900, KEEP_TOP_N: 70, DELETE_AGE: 29, DEFAULT_DELETE: 1 },
  milliseconds: 5,
}

test('totals say what goes, what that frees, and for which reasons', (t) => {
  t.deepEqual(totalsLines(totals), [
    '2000 looked at: 1970 stay, 30 go (1.2MB)\n',
    'what goes frees 400kB, 800kB are shared with team/app:1 and others and stay\n',
    'stay: DEFAULT_KEEP 1900, KEEP_TOP_N 70\n',
    'go:   DELETE_AGE 29, DEFAULT_DELETE 1\n',
  ])
  t.regex(totalsLines({ ...totals, measured: 10, shared: 0 })[1] ?? '', /^what goes frees 400kB \(of the first 10\)\n$/)
  t.is(totalsLines({ ...totals, deleted: 0, bytes: 0, reasons: {} }).length, 1)
})

test('many reasons take several lines, none longer than a terminal', (t) => {
  const reasons = Object.fromEntries(
    ['HOLD', 'IMMUTABLE', 'IN_USE', 'SIGNED_TARGET', 'KEEP_REGEX', 'KEEP_RECENT_PULL', 'KEEP_LABEL', 'NO_DATA'].map(
      (reason) => [reason, 123_456],
    ),
  )
  const lines = totalsLines({ ...totals, reasons })
  t.is(lines.length, 4)
  t.regex(lines[3] ?? '', /^ {6}[A-Z]/)
  for (const line of lines) t.true(line.length <= 101, line)
})

const run: Run = {
  id: 'run1',
  planId: 'plan1',
  startedAt: now,
  milliseconds: 10,
  by: 'ann',
  cause: 'request',
  mode: 'enforce',
  state: 'done',
  considered: 9,
  kept: 6,
  removed: 3,
  drifted: 0,
  gone: 0,
  failed: 0,
  restored: 0,
  purged: 0,
  freed: 0,
  failures: [],
}

test('a run says what it did, and how to take it back where that can be', (t) => {
  t.deepEqual(runLines(run, { canUndo: true }), ['run run1: 3 removed\n', 'to take it back: ibuild gc undo run1\n'])
  t.deepEqual(runLines({ ...run, freed: 2000 }, { canUndo: false }), ['run run1: 3 removed, 2kB freed\n'])
  t.deepEqual(runLines({ ...run, state: 'planned', mode: 'dryRun', removed: 0 }, { canUndo: true }), [
    'run run1: planned alone, for mode is dryRun\n',
  ])
})

test('what failed is told, and ends a command with 1', (t) => {
  const failures = [
    { item: { kind: 'tag', repository: 'a', name: 'b' } as const, message: 'no\u0007' },
    { item: undefined, message: 'the disk is full' },
  ]
  const failed: Run = { ...run, state: 'failed', failed: 1, drifted: 2, gone: 1, failures }
  t.deepEqual(runLines(failed, { canUndo: false }), [
    'run run1: failed: 3 removed, 2 no more as planned, 1 gone before, 1 failed\n',
    'failed: a:b: no\n',
    'failed: the disk is full\n',
  ])
  t.deepEqual([run, failed, { ...run, failed: 1 }, { ...run, state: 'stopped' as const }].map(runCode), [0, 1, 1, 1])
})
