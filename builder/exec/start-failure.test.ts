import test from 'ava'
import { IbuildError } from '../../shared/base/errors.ts'
import { hostPlatform } from '../../shared/oci/platform.ts'
import { startFailure } from './start-failure.ts'

const rows: [message: string, code: 126 | 127 | undefined][] = [
  ['runc run failed: unable to start container process: exec: "nosuch": executable file not found in $PATH', 127],
  ['runc run failed: unable to start container process: exec: "/nosh": stat /nosh: no such file or directory', 127],
  ['runc run failed: unable to start container process: exec: "/etc": permission denied', 126],
  ['executable file `nosuch` not found in $PATH: No such file or directory', 127],
  ['exec container process (missing dynamic library?) `/x`: No such file or directory', 127],
  ['open executable: Permission denied', 126],
  ['open executable: Operation not permitted', 126],
  ['exec container process `/x`: Exec format error', 126],
  ['mount `proc` to `proc`: Operation not permitted', undefined],
  ['error mounting "/x" to rootfs at "/y": no such file or directory', undefined],
]

for (const [message, code] of rows) {
  test(`${code}: ${message}`, (t) => {
    t.is(
      startFailure(new IbuildError('RUNTIME_FAILED', message), { program: 'x', platform: hostPlatform() })?.exitCode,
      code,
    )
  })
}

test('only errors of the runtime are looked at', (t) => {
  t.is(
    startFailure(new IbuildError('COPY_SOURCE_MISSING', 'exec: not found'), { program: 'x', platform: hostPlatform() }),
    undefined,
  )
  t.is(startFailure(new Error('exec: not found'), { program: 'x', platform: hostPlatform() }), undefined)
})

const interpreters: [message: string, isThere: boolean][] = [
  ['exec /s: no such file or directory', true],
  ['exec container process (missing dynamic library?) `/s`: No such file or directory', true],
  ['standard_init_linux.go:228: exec user process caused: no such file or directory', true],
  ['runc run failed: unable to start container process: exec: "/s": stat /s: no such file or directory', false],
  ['executable file `s` not found in $PATH: No such file or directory', false],
]

for (const [message, isThere] of interpreters) {
  test(`${isThere ? 'the interpreter' : 'the program'} is missing: ${message}`, (t) => {
    const failure = startFailure(new IbuildError('RUNTIME_FAILED', message), {
      program: '/s',
      platform: hostPlatform(),
    })
    t.is(/is there/.test(failure?.what ?? ''), isThere)
    t.is(/#!/.test(failure?.hint ?? ''), isThere)
  })
}

test('of a program for another platform both are named', (t) => {
  const error = new IbuildError('RUNTIME_FAILED', 'exec /x: exec format error')
  const failure = startFailure(error, { program: '/x', platform: { os: 'linux', architecture: 's390x' } })
  t.regex(failure?.hint ?? '', /^The image is for linux\/s390x, and this machine is linux\/\w+: /)
})
