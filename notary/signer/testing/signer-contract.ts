import { randomBytes } from 'node:crypto'
import type { ExecutionContext, TestFn } from 'ava'
import type { Signer } from '../../service/types.ts'
import { parseGun } from '../../tuf/gun.ts'
import { parseKeyID } from '../../tuf/key.ts'
import { isSignatureOf } from '../../tuf/verify.ts'

export interface SignerSuite {
  readonly name: string
  /** A new signer, closed when the test is over. */
  readonly make: (t: ExecutionContext) => Promise<Signer>
}

const [gun, other] = [parseGun('localhost:5000/team/app'), parseGun('team/app')]
const message = randomBytes(1000)

const cases: Readonly<Record<string, (t: ExecutionContext, signer: Signer) => Promise<void>>> = {
  'a key signs, and its signatures are its own': async (t, signer) => {
    const key = await signer.createKey(gun, 'timestamp')
    const signature = await signer.sign(key.id, message)
    t.true(isSignatureOf(key, message, signature))
    t.false(isSignatureOf(key, randomBytes(1000), signature))
    t.true(isSignatureOf(key, Buffer.alloc(0), await signer.sign(key.id, Buffer.alloc(0))))
  },
  'whoever asks for a key again gets the same one until it signed': async (t, signer) => {
    const keys = [await signer.createKey(gun, 'snapshot')]
    keys.push(await signer.createKey(gun, 'snapshot'))
    t.is(keys[1]?.id, keys[0]?.id)
    await signer.sign(keys[0]?.id ?? fail(), message)
    const next = await signer.createKey(gun, 'snapshot')
    t.not(next.id, keys[0]?.id)
    t.is((await signer.createKey(gun, 'snapshot')).id, next.id)
    for (const key of [...keys, next]) t.true(isSignatureOf(key, message, await signer.sign(key.id, message)))
  },
  'many who ask at once get one key': async (t, signer) => {
    const keys = await Promise.all(Array.from({ length: 20 }, () => signer.createKey(gun, 'timestamp')))
    t.is(new Set(keys.map(({ id }) => id)).size, 1)
  },
  'each collection and each role has keys of its own': async (t, signer) => {
    const keys = [
      await signer.createKey(gun, 'timestamp'),
      await signer.createKey(gun, 'snapshot'),
      await signer.createKey(other, 'timestamp'),
    ]
    t.is(new Set(keys.map(({ id }) => id)).size, 3)
  },
  'a key that is held is known by its ID, with the collection that it is for; others are not': async (t, signer) => {
    const key = await signer.createKey(gun, 'timestamp')
    const found = await signer.heldKey(key.id)
    t.is(found?.gun, gun)
    t.like(found?.key, { id: key.id, canonicalID: key.canonicalID, type: key.type })
    t.deepEqual(found?.key.bytes, key.bytes)
    const nobody = parseKeyID('0'.repeat(64))
    t.is(await signer.heldKey(nobody), undefined)
    const error = await t.throwsAsync(signer.sign(nobody, message), { code: 'SIGNER_KEY_UNKNOWN' })
    t.regex(error.message, /0{64}/)
  },
  'it says that it can sign': async (t, signer) => {
    await t.notThrowsAsync(signer.check())
  },
}

/** What every signer does. */
export function signerSuite(test: TestFn, { name, make }: SignerSuite): void {
  for (const [title, check] of Object.entries(cases)) {
    test(`${name}: ${title}`, async (t) => {
      const signer = await make(t)
      t.teardown(() => signer.close())
      await check(t, signer)
    })
  }
}

function fail(): never {
  throw new Error('there is no key')
}
