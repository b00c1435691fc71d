import test from 'ava'
import { errorBody, RegistryError } from './error.ts'

test('an error has the status of its code, unless it says another', (t) => {
  t.is(new RegistryError('BLOB_UNKNOWN', 'x').status, 404)
  t.is(new RegistryError('MANIFEST_INVALID', 'x', { status: 413 }).status, 413)
})

test('the body has code, message and detail', (t) => {
  const detail = { name: 'a' }
  const errors = [
    new RegistryError('NAME_UNKNOWN', 'no such repository', { detail }),
    new RegistryError('DENIED', 'no'),
  ]
  t.deepEqual(JSON.parse(errorBody(errors)), {
    errors: [
      { code: 'NAME_UNKNOWN', message: 'no such repository', detail },
      { code: 'DENIED', message: 'no' },
    ],
  })
})

test('codes are made of capital letters and underscores', (t) => {
  t.regex(new RegistryError('TOOMANYREQUESTS', 'x').code, /^[A-Z_]+$/)
})
