import test from 'ava'
import type { VerifiedContent } from '../../builder/ports.ts'
import { readPolicy } from '../../notary/policy/read-policy.ts'
import { everythingSigned } from '../../notary/policy/requirements.ts'
import type { CosignEvidence, Policy } from '../../notary/policy/types.ts'
import { TestCollection } from '../../notary/tuf/testing/collection.ts'
import { newKey } from '../../notary/tuf/testing/keys.ts'
import { memoryTrustCache } from '../../notary/verifier/memory-cache.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import type { JsonValue } from '../../shared/base/json.ts'
import { parseReference } from '../../shared/base/reference.ts'
import { imageVerifier } from './image-verifier.ts'

const cosignKey = newKey('ecdsa').key
const [signed, told] = [digestOf('signed'), digestOf('told by the registry')]
const root = { firstUse: true }
const byCosign = { cosign: { keys: ['ci.pub'] } }

const policyOf = (requirement: JsonValue): Policy =>
  readPolicy({ default: requirement }, 'test', { read: () => '-----BEGIN', publicKey: () => cosignKey })

interface SceneOptions {
  /** Who signed what the registry tells, as cosign does. */
  readonly cosign?: CosignEvidence
  readonly isAway?: boolean
}

/** A collection with `v1`, a registry whose tags all lead elsewhere, and what was asked. */
async function scene(policy: Policy, { cosign = { signers: new Set() }, isAway = false }: SceneOptions = {}) {
  const { served, gun } = await new TestCollection().addTarget('v1', 'signed').publish()
  const asked: string[] = []
  const notices: string[] = []
  const verifier = imageVerifier(policy, {
    cache: memoryTrustCache(),
    onNotice: (message) => notices.push(message),
    source: (wanted, server) => ({
      fetch: async (_, name) => {
        asked.push(server === undefined ? name : `${server} ${name}`)
        if (isAway) throw new IbuildError('TRUST_UNREACHABLE', 'away')
        return wanted === gun ? served.get(name) : undefined
      },
    }),
    registry: {
      resolve: async ({ tag }) => {
        asked.push(`tag ${tag}`)
        return tag === 'none' ? undefined : told
      },
      cosign: async (_, { digest }) => (digest === told ? cosign : { signers: new Set() }),
    },
  })
  const verify = async (name: string): Promise<VerifiedContent | undefined> => verifier.verify(parseReference(name))
  const codeOf = async (name: string): Promise<string> => {
    try {
      return (await verify(name))?.digest ?? 'nothing required'
    } catch (error) {
      if (isIbuildError(error)) return error.code
      throw error
    }
  }
  return { verifier, verify, codeOf, asked, notices }
}

const app = 'localhost:5000/team/app'

test('a tag is what the collection says; the registry is not asked', async (t) => {
  const { verify, codeOf, asked, notices } = await scene(everythingSigned('test'))
  t.deepEqual(await verify(`${app}:v1`), { digest: signed, size: 'signed'.length })
  t.is(await codeOf(`${app}:v2`), 'TRUST_NOT_SIGNED')
  t.is(await codeOf(app), 'TRUST_NOT_SIGNED', 'no tag is latest')
  t.is(await codeOf('localhost:5000/team/other:v1'), 'TRUST_NO_DATA')
  t.false(asked.some((what) => what.startsWith('tag')))
  t.is(asked.filter((what) => what === 'timestamp.json').length, 2, 'each collection is looked at once')
  t.is(notices.length, 1)
  t.regex(notices[0] ?? '', /localhost:5000\/team\/app is met for the first time: its root key \w{64} is believed/)
})

test('a digest has to be signed under some name, whatever tag stands before it', async (t) => {
  const { verify, codeOf } = await scene(everythingSigned('test'))
  t.deepEqual(await verify(`${app}@${signed}`), { digest: signed, size: 'signed'.length })
  t.deepEqual(await verify(`${app}:old@${signed}`), { digest: signed, size: 'signed'.length })
  t.is(await codeOf(`${app}@${told}`), 'TRUST_NOT_SIGNED')
  t.is(await codeOf(`${app}:v1@${told}`), 'TRUST_NOT_SIGNED')
})

test('where digests pass nobody is asked about them', async (t) => {
  const { codeOf, asked } = await scene(everythingSigned('test', { digests: 'accept' }))
  t.is(await codeOf(`${app}@${told}`), 'nothing required')
  t.deepEqual(asked, [])
  t.is(await codeOf(`${app}:v2`), 'TRUST_NOT_SIGNED')
})

test('what a policy accepts or rejects needs no look', async (t) => {
  const open = await scene(policyOf('insecureAcceptAnything'))
  t.is(await open.codeOf(`${app}:v1`), 'nothing required')
  await t.notThrowsAsync(open.verifier.checkUnnamed('abcd'))
  const shut = await scene(policyOf('reject'))
  t.is(await shut.codeOf(`${app}:v1`), 'TRUST_POLICY')
  await t.throwsAsync(shut.verifier.checkUnnamed('abcd'), { code: 'TRUST_POLICY' })
  t.deepEqual([...open.asked, ...shut.asked], [])
})

test('for cosign alone the registry says what a tag means, and its digest has to be signed', async (t) => {
  const cosign = { signers: new Set([cosignKey.canonicalID]) }
  const good = await scene(policyOf(byCosign), { cosign })
  t.deepEqual(await good.verify(`${app}:v1`), { digest: told, size: undefined })
  t.is(await good.codeOf(`${app}@${signed}`), 'TRUST_NOT_SIGNED')
  t.is(await good.codeOf(`${app}:none`), 'TRUST_NOT_SIGNED')
  t.is(await (await scene(policyOf(byCosign))).codeOf(`${app}:v1`), 'TRUST_NOT_SIGNED')
  const failure = new IbuildError('REGISTRY_FAILED', 'no referrers')
  t.is(await (await scene(policyOf(byCosign), { cosign: { failure } })).codeOf(`${app}:v1`), 'REGISTRY_FAILED')
})

test('one of two is enough with anyOf; both must be of one content with allOf', async (t) => {
  const cosign = { signers: new Set([cosignKey.canonicalID]) }
  const notary = { notary: { root } }
  const any = await scene(policyOf({ anyOf: [notary, byCosign] }), { cosign })
  t.is(await any.codeOf(`${app}:v1`), signed)
  t.is(await any.codeOf(`${app}:v2`), told)
  const all = await scene(policyOf({ allOf: [notary, byCosign] }), { cosign })
  t.is(await all.codeOf(`${app}:v1`), 'TRUST_NOT_SIGNED', 'cosign signed something else')
})

test('a server that is away refuses, and the one that a policy names is asked', async (t) => {
  const away = await scene(everythingSigned('test'), { isAway: true })
  t.is(await away.codeOf(`${app}:v1`), 'TRUST_UNREACHABLE')
  const named = await scene(policyOf({ notary: { root, server: 'https://trust.example:4443' } }))
  t.is(await named.codeOf(`${app}:v1`), signed)
  t.true(named.asked.every((what) => what.startsWith('https://trust.example:4443 ')))
})
