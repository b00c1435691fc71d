import { Writable } from 'node:stream'
import test from 'ava'
import { isIbuildError } from '../../shared/base/errors.ts'
import { type OutputWatch, watchOutputs } from './output-failure.ts'

type Outputs = Parameters<typeof watchOutputs>[0]

function failing(code: string | undefined): Writable {
  return new Writable({
    write(_chunk, _encoding, done) {
      done(code === undefined ? null : Object.assign(new Error(code), { code }))
    },
  })
}

function watch(stdout: Writable, stderr: Writable = failing(undefined)): OutputWatch {
  return watchOutputs({ stdout, stderr } as unknown as Outputs)
}

test('a reader that has gone, a full disk and other failures of stdout are told apart', async (t) => {
  const failureOf = async (code?: string): ReturnType<OutputWatch['failure']> => {
    const stdout = failing(code)
    const outputs = watch(stdout)
    stdout.write('text')
    return outputs.failure()
  }
  t.is(await failureOf(), undefined)
  t.is(await failureOf('EPIPE'), 'closed')
  t.true(isIbuildError(await failureOf('ENOSPC'), 'DISK_FULL'))
  t.true(isIbuildError(await failureOf('EIO'), 'SYSTEM_CALL'))
})

test('the first failure counts, and one of stderr is none', async (t) => {
  const stdout = failing('EPIPE')
  const stderr = failing('ENOSPC')
  const outputs = watch(stdout, stderr)
  stderr.write('progress')
  t.is(await outputs.failure(), undefined)
  stdout.write('a')
  stdout.write('b')
  t.is(await outputs.failure(), 'closed')
})
