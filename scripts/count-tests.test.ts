import test from 'ava'
import { countTests } from './count-tests.ts'

const rows: [title: string, lines: string[], exitCode: number, passed: number, failed: number][] = [
  ['all pass', ['  ✔ a › one (1.2s)', '  ✔ [expected fail] a › two', '  ─', '', '  2 tests passed'], 0, 2, 0],
  ['one fails', ['  ✔ one', '  ✘ [fail]: two Error thrown in test', '  ─', '', '  1 test failed'], 1, 1, 1],
  ['a skip is a failure', ['  ✔ one', '  - [skip] two (skipped: needs root)'], 0, 1, 1],
  ['a to-do is a failure', ['  ✔ one', '  - [todo] two'], 0, 1, 1],
  ['a file that ends early', ['  ✔ one', '  ✘ a.test.ts exited with a non-zero exit code: 1'], 1, 1, 1],
  ['an error outside of tests', ['  ✔ one', '  Uncaught exception in a.test.ts'], 1, 1, 1],
  ['a test that never ended', ['  ✔ one', '  ✘ Timed out while running tests', '', '  ◌ two'], 1, 1, 2],
  ['what a test logs does not count', ['  ✔ one', '    ℹ   ✔ two', '    ✘ three'], 0, 1, 0],
  ['a run that dies without a word', ['  ✔ one'], 139, 1, 1],
  ['a run without tests', ['  ✘ Couldn’t find any files to test'], 1, 0, 1],
  ['no output at all', [], 0, 0, 1],
]

for (const [title, lines, exitCode, passed, failed] of rows) {
  test(`counting: ${title}`, (t) => t.deepEqual(countTests(lines.join('\n'), exitCode), { passed, failed }))
}
