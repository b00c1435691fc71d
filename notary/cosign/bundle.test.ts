import { createPublicKey, type KeyObject, sign } from 'node:crypto'
import { bundleFromJSON } from '@sigstore/bundle'
import { toSignedEntity, Verifier } from '@sigstore/verify'
import test from 'ava'
import fc from 'fast-check'
import { digestOf } from '../../shared/base/digest.ts'
import { bundleSigners, writeBundle } from './bundle.ts'
import { newCosignKey } from './testing/memory-registry.ts'

const [image, other] = [digestOf('an image'), digestOf('another image')]
const [ann, bob] = [newCosignKey(), newCosignKey()]
const keys = [ann.key, bob.key]

/** Who signed, as the verifier of others sees it; it throws for nobody. */
function verifyElsewhere(bytes: Uint8Array, publicKey: KeyObject): void {
  const bundle = bundleFromJSON(JSON.parse(Buffer.from(bytes).toString('utf8')))
  const trust = {
    certificateAuthorities: [],
    timestampAuthorities: [],
    tlogs: [],
    ctlogs: [],
    publicKey: () => ({ publicKey, validFor: () => true }),
  }
  new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 }).verify(toSignedEntity(bundle))
}

for (const type of ['ecdsa', 'ed25519', 'rsa'] as const) {
  test(`a bundle by a key of type ${type} verifies, here and elsewhere, for its image and key alone`, (t) => {
    const own = newCosignKey(type)
    const bundle = writeBundle(image, own.privateKey)
    t.deepEqual([...bundleSigners(bundle, image, [ann.key, own.key])], [own.key.canonicalID])
    t.is(bundleSigners(bundle, other, [own.key]).size, 0)
    t.is(bundleSigners(bundle, image, [ann.key]).size, 0)
    t.is(bundleSigners(bundle, image, []).size, 0)
    t.notThrows(() => verifyElsewhere(bundle, createPublicKey(own.privateKey)))
    t.throws(() => verifyElsewhere(bundle, ann.key.object))
  })
}

interface Bundle {
  mediaType: string
  verificationMaterial: unknown
  dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string; keyid: string }[] }
}

interface Statement {
  _type: string
  subject: { digest?: Record<string, unknown>; name?: string }[]
  predicateType: string
  predicate: unknown
}

function changed(change: (bundle: Bundle) => void): Buffer {
  const bundle = JSON.parse(writeBundle(image, ann.privateKey).toString()) as Bundle
  change(bundle)
  return Buffer.from(JSON.stringify(bundle))
}

/** A bundle with another statement, properly signed. */
function saying(change: (statement: Statement) => void, text = (value: Statement) => JSON.stringify(value)): Buffer {
  return changed(({ dsseEnvelope }) => {
    const statement = JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString()) as Statement
    change(statement)
    const payload = Buffer.from(text(statement))
    const { payloadType } = dsseEnvelope
    const head = `DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `
    const sig = sign('sha256', Buffer.concat([Buffer.from(head), payload]), ann.privateKey).toString('base64')
    Object.assign(dsseEnvelope, { payload: payload.toString('base64'), signatures: [{ sig, keyid: '' }] })
  })
}

const raw = (text: string): Buffer => Buffer.from(text)
const whole = writeBundle(image, ann.privateKey).toString()
const cases: readonly [title: string, bytes: Uint8Array, isGood: boolean][] = [
  ['as it was made', raw(whole), true],
  ['with white space', raw(JSON.stringify(JSON.parse(whole), undefined, 2)), true],
  ['with another hint, which proves nothing', changed((b) => (b.verificationMaterial = {})), true],
  [
    'with a key ID, which proves nothing',
    changed((b) => b.dsseEnvelope.signatures.forEach((s) => (s.keyid = 'x'))),
    true,
  ],
  ['with a name for its subject', saying((s) => s.subject.forEach((one) => (one.name = 'app'))), true],
  ['about several images', saying((s) => s.subject.unshift({ digest: { sha256: other.slice(7) } })), true],
  ['with a bad signature beside', changed((b) => b.dsseEnvelope.signatures.unshift({ sig: 'AAAA', keyid: '' })), true],
  ['with no signature', changed((b) => (b.dsseEnvelope.signatures = [])), false],
  [
    'with too many signatures',
    changed(({ dsseEnvelope: e }) => (e.signatures = Array(17).fill(e.signatures[0]))),
    false,
  ],
  [
    'with a damaged signature',
    changed((b) => b.dsseEnvelope.signatures.forEach((s) => (s.sig = `A${s.sig.slice(1)}`))),
    false,
  ],
  [
    'with a signature that is no base64',
    changed((b) => b.dsseEnvelope.signatures.forEach((s) => (s.sig += '*'))),
    false,
  ],
  ['of another media type', changed((b) => (b.mediaType = 'application/json')), false],
  ['of another payload type', changed((b) => (b.dsseEnvelope.payloadType = 'text/plain')), false],
  ['with another payload', changed((b) => (b.dsseEnvelope.payload = raw('{}').toString('base64'))), false],
  ['about another image', saying((s) => (s.subject = [{ digest: { sha256: other.slice(7) } }])), false],
  [
    'about another image by sha256, this one by sha512',
    saying((s) => (s.subject = [{ digest: { sha512: image.slice(7) } }])),
    false,
  ],
  ['about nothing', saying((s) => (s.subject = [])), false],
  ['about too much', saying((s) => (s.subject = Array(101).fill(s.subject[0]))), false],
  ['about a subject without a digest', saying((s) => (s.subject = [{}])), false],
  ['about a digest that is no text', saying((s) => (s.subject = [{ digest: { sha256: [image.slice(7)] } }])), false],
  ['that attests something else', saying((s) => (s.predicateType = 'https://slsa.dev/provenance/v1')), false],
  ['of another kind of statement', saying((s) => (s._type = 'https://in-toto.io/Statement/v0.1')), false],
  [
    'whose subject is there twice',
    saying(
      () => {},
      (s) => JSON.stringify(s).replace('"predicateType"', '"subject":[],"predicateType"'),
    ),
    false,
  ],
  ['whose envelope is there twice', raw(whole.replace('"dsseEnvelope"', '"dsseEnvelope":{},"dsseEnvelope"')), false],
  ['cut short', raw(whole.slice(0, -1)), false],
  ['with something behind it', raw(`${whole}{}`), false],
  ['that is too large', raw(whole + ' '.repeat(256 * 1024)), false],
  ['nothing', raw(''), false],
  ['null', raw('null'), false],
]
for (const [title, bytes, isGood] of cases) {
  test(`a bundle ${title} is ${isGood ? 'good' : 'no signature'}`, (t) => {
    t.deepEqual([...bundleSigners(bytes, image, keys)], isGood ? [ann.key.canonicalID] : [])
  })
}

test('a byte that is changed never makes another signer, and nothing throws', (t) => {
  const bytes = Buffer.from(whole)
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
      const copy = Buffer.from(bytes)
      copy[at] = value
      const signers = bundleSigners(copy, image, keys)
      return !signers.has(bob.key.canonicalID) && bundleSigners(copy, other, keys).size === 0
    }),
    { numRuns: 300 },
  )
  t.pass()
})
