import test from 'ava'
import fc from 'fast-check'
import {
  conflict,
  errorBody,
  invalidUpdate,
  mostErrorBytes,
  PublishError,
  publishErrors,
  refused,
} from './publish-error.ts'

test('an update that is refused says so in the one form that stock clients print', (t) => {
  const error = invalidUpdate('ErrBadRoot', 'no good')
  t.deepEqual([error.status, error.message], [400, 'no good'])
  const expected = '{"errors":[{"code":"INVALID_UPDATE","message":"Update sent by the client is invalid.",'
  t.is(errorBody(error), `${expected}"detail":{"Name":"ErrBadRoot","Error":{"Msg":"no good"}}}]}\n`)
  const hierarchy = invalidUpdate('ErrBadHierarchy', 'no snapshot', 'snapshot')
  t.deepEqual(hierarchy.detail, { Name: 'ErrBadHierarchy', Error: { Missing: 'snapshot', Msg: 'no snapshot' } })
  t.deepEqual(conflict('too late').detail, { Name: 'ErrValidation', Error: { Msg: 'too late' } })
  t.is(conflict('too late').status, 400)
})

test('an error without detail has none in its body', (t) => {
  const error = new PublishError('METADATA_NOT_FOUND')
  t.is(error.status, 404)
  t.is(
    errorBody(error),
    '{"errors":[{"code":"METADATA_NOT_FOUND","message":"You have requested metadata that does not exist."}]}\n',
  )
  t.deepEqual(new PublishError('INVALID_ROLE', { detail: 'x' }).detail, 'x')
})

test('whatever a message says, the body is whole and short enough to be read', (t) => {
  const units = fc.constantFrom('a', '"', '\\', '\n', '\u0000', 'é', '\u{1f600}', '\ud800', '<', '\u2028')
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(units, { maxLength: 3000 }).map((all) => all.join('')),
  )
  const codes = Object.keys(publishErrors) as (keyof typeof publishErrors)[]
  const property = fc.property(fc.constantFrom(...codes), text, (code, message) => {
    for (const error of [refused(code, message), invalidUpdate('ErrBadHierarchy', message, 'snapshot')]) {
      const body = errorBody(error)
      t.true(Buffer.byteLength(body) <= mostErrorBytes, body)
      t.is(JSON.parse(body).errors.length, 1)
      t.true(body.isWellFormed())
    }
  })
  fc.assert(property, { numRuns: 200 })
  t.is(refused('UNKNOWN', 'short').message, 'short')
  t.true(refused('UNKNOWN', 'long '.repeat(1000)).message.endsWith('...'))
})
