import test from 'ava'
import { runProgram } from './run-program.ts'

const options = { input: '', env: { PATH: process.env['PATH'] }, timeout: 10_000 }

test('a program gets its input and environment, and gives its output and exit code', async (t) => {
  const given = { ...options, input: 'in', env: { ...options.env, A: 'b' } }
  t.deepEqual(await runProgram('sh', ['-c', 'cat; echo "-$A-$HOME"; echo err >&2; exit 3'], given), {
    code: 3,
    stdout: 'in-b-\n',
    stderr: 'err\n',
  })
})

test('input that nobody reads is no error', async (t) => {
  t.is((await runProgram('true', [], { ...options, input: 'x'.repeat(1_000_000) })).code, 0)
})

test('a program that is not there', async (t) => {
  await t.throwsAsync(runProgram('no-such-program-at-all', [], options), { code: 'ENOENT' })
})

test('nothing of one that is not there keeps the process alive', async (t) => {
  const script = `import { runProgram } from ${JSON.stringify(import.meta.resolve('./run-program.ts'))}
    await runProgram('no-such-program-at-all', [], { input: '', env: {}, timeout: 60_000 }).catch(() => undefined)`
  const started = performance.now()
  await runProgram(process.execPath, ['--input-type=module', '-e', script], { ...options, timeout: 30_000 })
  t.true(performance.now() - started < 20_000)
})

test('one that says too much, or does not end, is killed, whoever holds its pipes', async (t) => {
  await t.throwsAsync(runProgram('sh', ['-c', 'yes'], options), { message: /says too much/ })
  const started = performance.now()
  await t.throwsAsync(runProgram('sh', ['-c', 'sleep 20; true'], { ...options, timeout: 300 }), { message: /in time/ })
  t.true(performance.now() - started < 5000)
})

test('a signal ends it', async (t) => {
  await t.throwsAsync(runProgram('sleep', ['20'], { ...options, signal: AbortSignal.timeout(100) }), {
    name: 'AbortError',
  })
})
