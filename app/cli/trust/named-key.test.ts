import { generateKeyPairSync } from 'node:crypto'
import test from 'ava'
import { createMemoryKeyStore } from '../../../notary/keys/memory-key-store.ts'
import { parseKeyID } from '../../../notary/tuf/key.ts'
import { keyNamed } from './named-key.ts'

const ids = ['abcd', 'abce', '12345', '00001', '00002'].map((start) => parseKeyID(start.padEnd(64, '0')))
const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()

const rows: [text: string, found: string | undefined, code: string, message: RegExp][] = [
  ['abcd', ids[0], '', /^/],
  ['1234', ids[2], '', /^/],
  [ids[1] ?? '', ids[1], '', /^/],
  ['abc', undefined, 'USAGE', /^not the ID of a key: "abc"$/],
  ['ABCD', undefined, 'USAGE', /^not the ID of a key: "ABCD"$/],
  ['../../root', undefined, 'USAGE', /^not the ID of a key/],
  ['abcf', undefined, 'KEY_NOT_FOUND', /^there is no key abcf in the key store$/],
  ['f'.repeat(64), undefined, 'KEY_NOT_FOUND', /in the key store$/],
  ['0000', undefined, 'USAGE', /^2 keys in the key store begin with 0000: write more/],
]
for (const [text, found, code, message] of rows) {
  test(`${text} is ${found ?? code}`, async (t) => {
    const store = createMemoryKeyStore()
    for (const id of ids) await store.write(id, pem)
    if (found === undefined) await t.throwsAsync(keyNamed(store, text), { code, message })
    else t.is((await keyNamed(store, text)).id, parseKeyID(found))
  })
}
