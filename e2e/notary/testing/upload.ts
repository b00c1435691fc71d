import { randomBytes } from 'node:crypto'
import { readKey } from '../../../notary/tuf/key.ts'
import { TestCollection } from '../../../notary/tuf/testing/collection.ts'
import { newKey, type TestKey } from '../../../notary/tuf/testing/keys.ts'
import type { JsonValue } from '../../../shared/base/json.ts'
import { type Answer, get, type TrustServer } from './trust-server.ts'

/** Sends files as the stock clients do: one part for each, named by its role. */
export function upload(
  server: Pick<TrustServer, 'url' | 'authority'>,
  gun: string,
  files: Iterable<readonly [name: string, bytes: Uint8Array]>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const boundary = randomBytes(16).toString('hex')
  const parts = [...files].flatMap(([name, bytes]) => [
    `--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="${name}"\r\n`,
    'Content-Type: application/octet-stream\r\n\r\n',
    bytes,
    '\r\n',
  ])
  const body = Buffer.concat([...parts, `--${boundary}--\r\n`].map((part) => Buffer.from(part as Uint8Array)))
  const type = { 'content-type': `multipart/form-data; boundary=${boundary}`, 'content-length': String(body.length) }
  return get(server, `/v2/${gun}/_trust/tuf/`, { method: 'POST', headers: { ...type, ...headers }, body })
}

/** The key that a server has for a role of a collection. It signs nothing here. */
async function serverKey(
  server: Pick<TrustServer, 'url' | 'authority'>,
  gun: string,
  role: 'snapshot' | 'timestamp',
): Promise<TestKey> {
  const { status, body } = await get(server, `/v2/${gun}/_trust/tuf/${role}.key`)
  if (status !== 200) throw new Error(`${role}.key: ${status} ${body.toString()}`)
  const key = readKey(JSON.parse(body.toString()) as JsonValue)
  if (key.type === undefined) throw new Error(`the ${role} key is of a type that is not known`)
  const { privateKey } = newKey('ed25519')
  return { key, privateKey, sign: () => Promise.reject(new Error(`the server has the ${role} key`)) }
}

/** A new collection whose timestamp, and with `snapshot` its snapshot, the server signs. */
export async function collectionFor(
  server: Pick<TrustServer, 'url' | 'authority'>,
  gun: string,
  signs: { readonly snapshot: boolean } = { snapshot: true },
): Promise<TestCollection> {
  const timestamp = [await serverKey(server, gun, 'timestamp')]
  const snapshot = signs.snapshot ? { snapshot: [await serverKey(server, gun, 'snapshot')] } : {}
  const collection = new TestCollection({ gun, keys: { timestamp, ...snapshot } }).drop('timestamp')
  return signs.snapshot ? collection.drop('snapshot') : collection
}
