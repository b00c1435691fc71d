// The stages of .ci/run, in a clean clone after `npm ci`. Ends with one line: `N passed, N failed`.
import { spawn } from 'node:child_process'
import { countTests, type TestCount } from './count-tests.ts'
import { repository } from './repository.ts'

/** Milliseconds for everything but what a fresh machine does once, twice what it takes: what is not done by then has failed. */
const limit = 75 * 60_000
let deadline = Date.now() + limit

interface Stage {
  /** An npm script, with its arguments. */
  readonly script: string
  readonly args?: readonly string[]
  /** A stage of tests counts its tests, any other counts as one. */
  readonly tests?: true
  /** What it takes is long on a fresh machine and nothing on any other: it is beside the limit. */
  readonly isOnce?: true
}

/** In order: the quick ones first. */
const stages: readonly Stage[] = [
  { script: 'typecheck' },
  { script: 'lint' },
  { script: 'format:check' },
  { script: 'unused' },
  { script: 'build' },
  { script: 'test', tests: true },
  { script: 'demo' },
  { script: 'setup', args: ['peers'], isOnce: true },
  { script: 'test:peers', tests: true },
]

const total = { passed: 0, failed: 0 }
for (const { script, args = [], tests, isOnce } of stages) {
  const started = Date.now()
  const { output, exitCode } = await runStage([script, ...args])
  if (isOnce === true) deadline += Date.now() - started
  const { passed, failed } = tests === true ? countTests(output, exitCode) : countOne(exitCode)
  total.passed += passed
  total.failed += failed
  console.log(`== ${script}: ${passed} passed, ${failed} failed, ${Math.round((Date.now() - started) / 1000)} s\n`)
}
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed === 0 ? 0 : 1

function countOne(exitCode: number): TestCount {
  return exitCode === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

/** Runs one npm script, shows and keeps what it prints; at the deadline its whole process group is killed. */
async function runStage(words: readonly string[]): Promise<{ output: string; exitCode: number }> {
  console.log(`== npm run ${words.join(' ')}`)
  const left = deadline - Date.now()
  if (left <= 0) return { output: '', exitCode: 1 }
  const child = spawn('npm', ['run', '--silent', ...words], {
    cwd: repository,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, IBUILD_REQUIRE_PEERS: '1', NO_COLOR: '1', FORCE_COLOR: undefined, TERM: 'dumb' },
  })
  const pieces: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => void (pieces.push(bytes), process.stdout.write(bytes)))
  }
  const timer = setTimeout(() => killGroup(child.pid), left)
  const { promise, resolve } = Promise.withResolvers<number>()
  child.on('error', () => resolve(1))
  child.on('close', (code) => resolve(code ?? 1))
  const exitCode = await promise
  clearTimeout(timer)
  return { output: Buffer.concat(pieces).toString(), exitCode }
}

function killGroup(pid: number | undefined): void {
  console.log(`== out of time: ${limit / 60_000} minutes are over`)
  if (pid !== undefined) process.kill(-pid, 'SIGKILL')
}
