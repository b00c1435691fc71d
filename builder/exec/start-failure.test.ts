import test from 'ava'
import { IbuildError } from '../../shared/base/errors.ts'
import { startFailureCode } from './start-failure.ts'

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
    t.is(startFailureCode(new IbuildError('RUNTIME_FAILED', message)), code)
  })
}

test('only errors of the runtime are looked at', (t) => {
  t.is(startFailureCode(new IbuildError('COPY_SOURCE_MISSING', 'exec: not found')), undefined)
  t.is(startFailureCode(new Error('exec: not found')), undefined)
})
