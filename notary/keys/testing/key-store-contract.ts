import type { ExecutionContext, TestFn } from 'ava'
import { type KeyID, type PublicKey } from '../../tuf/types.ts'
import { writeKeyFile } from '../key-file.ts'
import { newPrivateKey } from '../key-ring.ts'
import { signingKey } from '../signing-key.ts'
import type { KeyStore, KeyUse } from '../types.ts'

export interface KeyStoreSuite {
  readonly name: string
  /** A store, and a way to see what another process sees of it. */
  readonly make: (t: ExecutionContext) => { readonly store: KeyStore; readonly again: () => KeyStore }
}

interface Made {
  readonly id: KeyID
  readonly pem: string
  readonly key: PublicKey
}

async function made(use: KeyUse): Promise<Made> {
  const privateKey = newPrivateKey('ecdsa')
  const { key } = signingKey(privateKey)
  return { id: key.canonicalID, pem: await writeKeyFile(privateKey, use, 'a passphrase'), key }
}

type Case = (t: ExecutionContext, store: KeyStore, again: () => KeyStore) => Promise<void>

const cases: Readonly<Record<string, Case>> = {
  'an empty store has nothing': async (t, store) => {
    const { id } = await made({ role: 'root', gun: undefined })
    t.deepEqual(await store.list(), [])
    t.is(await store.find(id), undefined)
    t.is(await store.read(id), undefined)
    t.false(await store.remove(id))
  },
  'what is written is there for everybody, with what it is for': async (t, store, again) => {
    const { id, pem } = await made({ role: 'targets', gun: 'localhost:5000/team/app' })
    await store.write(id, pem)
    const key = { id, role: 'targets', gun: 'localhost:5000/team/app', isEncrypted: true }
    for (const one of [store, again()]) {
      t.deepEqual(await one.list(), [key])
      t.deepEqual(await one.find(id), key)
      t.is(await one.read(id), pem)
    }
  },
  'keys are listed in the order of their IDs': async (t, store) => {
    const keys = await Promise.all(['root', 'targets/a', 'bob'].map((role) => made({ role, gun: undefined })))
    await Promise.all(keys.map(({ id, pem }) => store.write(id, pem)))
    t.deepEqual(
      (await store.list()).map(({ id }) => id),
      keys.map(({ id }) => id).sort(),
    )
  },
  'a key is replaced, and removed for good': async (t, store, again) => {
    const { id, pem } = await made({ role: 'bob', gun: undefined })
    await store.write(id, pem)
    await store.write(id, pem.replace('role: bob', 'role: eve'))
    t.is((await again().find(id))?.role, 'eve')
    t.true(await store.remove(id))
    t.deepEqual(await again().list(), [])
    t.false(await store.remove(id))
  },
  'what holds no key is not listed': async (t, store) => {
    const { id, key } = await made({ role: 'bob', gun: undefined })
    await store.write(id, key.object.export({ type: 'spki', format: 'pem' }).toString())
    t.deepEqual(await store.list(), [])
    t.is(await store.find(id), undefined)
  },
}

/** What every key store does. */
export function keyStoreSuite(test: TestFn, { name, make }: KeyStoreSuite): void {
  for (const [title, check] of Object.entries(cases)) {
    test(`${name}: ${title}`, async (t) => {
      const { store, again } = make(t)
      await check(t, store, again)
    })
  }
}
