// The stages of .ci/run, in a clean clone after `npm ci`. Ends with one line: `N passed, N failed`.
import { spawn } from 'node:child_process'
import { countTests, type TestCount } from './count-tests.ts'
import { repository } from './repository.ts'

/** Milliseconds for everything; what is not done by then has failed. */
const limit = 44 * 60_000
const deadline = Date.now() + limit

/** npm scripts in order: the quick ones first. A stage of tests counts its tests, any other counts as one. */
const stages: readonly { readonly script: string; readonly tests?: true }[] = [
  { script: 'typecheck' },
  { script: 'lint' },
  { script: 'format:check' },
  { script: 'unused' },
  { script: 'build' },
  { script: 'test', tests: true },
  { script: 'demo' },
  { script: 'test:peers', tests: true },
]

const total = { passed: 0, failed: 0 }
for (const { script, tests } of stages) {
  const started = Date.now()
  const { output, exitCode } = await runStage(script)
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
async function runStage(script: string): Promise<{ output: string; exitCode: number }> {
  console.log(`== npm run ${script}`)
  const left = deadline - Date.now()
  if (left <= 0) return { output: '', exitCode: 1 }
  const child = spawn('npm', ['run', '--silent', script], {
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
