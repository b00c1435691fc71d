import test from 'ava'
import { IbuildError } from '../../shared/base/errors.ts'
import { failureOf, statusWords } from './errors.ts'

const statuses = {
  OBJECT_NOT_FOUND: 404,
  RETENTION_PURGED: 410,
  DOCKER_UNREACHABLE: 502,
  REGISTRY_UNREACHABLE: 502,
  DISK_FULL: 500,
} as const

test('an error has the status that says who is to do something about it, and each has words', (t) => {
  for (const [code, status] of Object.entries(statuses)) {
    const told = failureOf(new IbuildError(code as keyof typeof statuses, 'no'))
    t.deepEqual([told.error.code, told.status], [code, status])
    t.truthy(statusWords[told.status])
  }
})

test('of what nobody foresaw a client learns nothing', (t) => {
  const { status, error } = failureOf(new Error('the secret path'))
  t.deepEqual([status, error.code], [500, 'SERVER_FAILED'])
  t.notRegex(error.message, /secret/)
})
