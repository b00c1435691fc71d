import test from 'ava'
import { runtimeFailure } from './runtime-log.ts'

const rows: readonly [string, string | undefined][] = [
  ['', undefined],
  ['\n\n', undefined],
  ['{"level":"warning","msg":"w"}\n{"level":"info","msg":"i"}\n', undefined],
  ['{"level":"warning","msg":"w"}\n{"level":"error","msg":"first"}\n{"level":"error","msg":"second"}\n', 'first'],
  ['{"level":"fatal","msg":"f"}', 'f'],
  ['{"level":"error"}', '{"level":"error"}'],
  ['not json', 'not json'],
  ['null', undefined],
  [`{"level":"error","msg":"${'x'.repeat(10_000)}"}`, 'x'.repeat(4096)],
]

for (const [log, expected] of rows) {
  test(`the failure in ${JSON.stringify(log.slice(0, 100))}`, (t) => t.is(runtimeFailure(log), expected))
}
