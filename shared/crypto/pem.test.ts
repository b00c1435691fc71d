import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import test from 'ava'
import fc from 'fast-check'
import { readPem, writePem } from './pem.ts'

test('what is written is read, headers in their order', (t) => {
  const bytes = randomBytes(100)
  const headers = [
    ['role', 'root'],
    ['path', 'ab: c'],
  ] as const
  const text = `before\n${writePem('A KEY', bytes, headers)}\nafter`
  t.deepEqual(readPem(text), [{ label: 'A KEY', headers: new Map(headers), bytes }])
  t.deepEqual(readPem(text.replaceAll('\n', '\r\n')), [{ label: 'A KEY', headers: new Map(headers), bytes }])
  t.true(text.split('\n').every((line) => line.length <= 64))
})

test('it is what others read and write', (t) => {
  const { publicKey } = generateKeyPairSync('ed25519')
  const theirs = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const der = publicKey.export({ type: 'spki', format: 'der' })
  t.is(writePem('PUBLIC KEY', der), theirs)
  t.deepEqual(readPem(theirs)[0]?.bytes, der)
  t.true(createPublicKey(writePem('PUBLIC KEY', der)).equals(publicKey))
})

const refused: readonly [title: string, text: string][] = [
  ['nothing', ''],
  ['another label at the end', '-----BEGIN A-----\nAAAA\n-----END B-----'],
  ['no base64', '-----BEGIN A-----\nAA*A\n-----END A-----'],
  ['base64 cut short', '-----BEGIN A-----\nAAA\n-----END A-----'],
  ['no bytes', '-----BEGIN A-----\n-----END A-----'],
  ['headers without an end', '-----BEGIN A-----\nrole: root\nAAAA\n-----END A-----'],
  ['headers that are none', '-----BEGIN A-----\nrole: root\nwhat\n\nAAAA\n-----END A-----'],
]
for (const [title, text] of refused) {
  test(`no block: ${title}`, (t) => t.deepEqual(readPem(text), []))
}

test('any text is read in bounded time, with at most 64 blocks', (t) => {
  fc.assert(
    fc.property(fc.string(), (text) => readPem(`-----BEGIN A-----\n${text}\n-----END A-----`).length <= 64),
    { numRuns: 200 },
  )
  t.is(readPem(writePem('A', Buffer.of(1)).repeat(100)).length, 64)
  t.deepEqual(readPem('-----BEGIN A-----\n'.repeat(2000)), [])
})
