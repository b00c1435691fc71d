import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { payloadSigners, signPayload, writePayload } from './simple-signing.ts'
import { newCosignKey } from './testing/memory-registry.ts'

const [image, other] = [digestOf('an image'), digestOf('another image')]
const ann = newCosignKey()
const good = writePayload(image, 'host/app')

test('the payload is what cosign signs', (t) => {
  t.is(
    good.toString(),
    `{"critical":{"identity":{"docker-reference":"host/app"},"image":{"docker-manifest-digest":"${image}"},"type":"cosign container image signature"},"optional":null}`,
  )
})

for (const type of ['ecdsa', 'ed25519', 'rsa'] as const) {
  test(`a payload signed by a key of type ${type} counts for its image and key alone`, (t) => {
    const own = newCosignKey(type)
    const signed = { payload: good, signature: signPayload(good, own.privateKey) }
    t.deepEqual([...payloadSigners(signed, image, [ann.key, own.key])], [own.key.canonicalID])
    t.is(payloadSigners(signed, other, [own.key]).size, 0)
    t.is(payloadSigners(signed, image, [ann.key]).size, 0)
  })
}

const text = good.toString()
const payloads: readonly [title: string, payload: string, isGood: boolean][] = [
  ['with another name, by which nobody verifies', text.replace('host/app', 'host/other'), true],
  ['with annotations', text.replace('null', '{"creator":"x","timestamp":1}'), true],
  ['of another purpose', text.replace('cosign container', 'atomic container'), false],
  ['about another image', text.replace(image, other), false],
  ['without an image', text.replace('"image"', '"picture"'), false],
  ['whose image is there twice', text.replace('"image"', '"image":{},"image"'), false],
  ['that is no JSON', `${text}}`, false],
  ['that is too large', text + ' '.repeat(64 * 1024), false],
]
for (const [title, payload, isGood] of payloads) {
  test(`a payload ${title}, properly signed, is ${isGood ? 'good' : 'no signature'}`, (t) => {
    const bytes = Buffer.from(payload)
    const signature = signPayload(bytes, ann.privateKey)
    t.is(payloadSigners({ payload: bytes, signature }, image, [ann.key]).size, isGood ? 1 : 0)
  })
}

test('a signature that is no base64, empty or of another payload is none', (t) => {
  const signature = signPayload(good, ann.privateKey)
  for (const bad of ['', '*', `${signature} `, signPayload(Buffer.from('x'), ann.privateKey)]) {
    t.is(payloadSigners({ payload: good, signature: bad }, image, [ann.key]).size, 0)
  }
})
