import { createPublicKey } from 'node:crypto'
import test from 'ava'
import { IbuildError } from '../../shared/base/errors.ts'
import type { JsonValue } from '../../shared/base/json.ts'
import { parseReference } from '../../shared/base/reference.ts'
import { keyFromSpki } from '../tuf/key.ts'
import { newKey } from '../tuf/testing/keys.ts'
import { evaluate } from './evaluate.ts'
import type { PolicyFiles } from './policy-keys.ts'
import { readPolicy } from './read-policy.ts'
import type { Policy } from './types.ts'

const [alice, bob] = [newKey('ecdsa'), newKey('ed25519')]
const pemOf = ({ privateKey }: typeof alice): string =>
  createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString()
const texts = new Map([
  ['alice.pub', pemOf(alice)],
  ['bob.pub', pemOf(bob)],
  ['ca.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
  ['notes.txt', 'call bob'],
])
const files: PolicyFiles = {
  read(path) {
    const text = texts.get(path)
    if (text === undefined) throw new IbuildError('TRUST_POLICY_INVALID', `there is no file ${path}`)
    return text
  },
  publicKey: (pem) => keyFromSpki(createPublicKey(pem)),
}
const id = 'ab'.repeat(32)
const root = { firstUse: true }

const read = (value: JsonValue): Policy => readPolicy(value, 'trust.yaml', files)

test('rules are asked in their order, and the default after them', (t) => {
  const policy = read({
    default: 'reject',
    rules: [
      { names: 'docker.io/library/busybox', require: 'insecureAcceptAnything' },
      { names: ['reg.example.com/team/**', 'docker.io/**'], require: { notary: { root } } },
      { names: 'reg.example.com/team/app', require: 'reject' },
    ],
  })
  const kindOf = (name: string): string => evaluate(policy, parseReference(name)).kind
  t.is(kindOf('busybox'), 'acceptAnything')
  t.is(kindOf('alpine'), 'notary')
  t.is(kindOf('REG.example.com:443/team/app'), 'notary')
  t.is(kindOf('quay.io/x/y'), 'reject')
})

test('what a collection has to say is read with all its members', (t) => {
  const { otherwise } = read({
    default: {
      notary: {
        server: 'https://notary.example.com:4443/',
        root: { keys: [id.toUpperCase(), 'alice.pub'], ca: 'ca.pem' },
        roles: 'targets',
        alsoRoles: ['targets/qa'],
        keys: ['alice.pub', pemOf(bob), 'alice.pub'],
        threshold: 2,
        unreachable: 'lastKnownGood',
        maxAge: '36h',
        digests: 'accept',
      },
    },
  })
  t.deepEqual(otherwise, {
    kind: 'notary',
    server: 'https://notary.example.com:4443',
    root: { keys: [id, alice.key.canonicalID], authority: texts.get('ca.pem'), allowsFirstUse: false },
    roles: ['targets'],
    alsoRoles: ['targets/qa'],
    keys: new Set([alice.key.canonicalID, bob.key.canonicalID]),
    threshold: 2,
    unreachable: 'lastKnownGood',
    maxAge: 36 * 3_600_000,
    digests: 'accept',
  })
})

test('what is not said is strict: the usual roles, one of the keys, a server that answers, signed digests', (t) => {
  const { otherwise } = read({ default: { notary: { root, keys: id } } })
  t.like(otherwise, { roles: ['targets/releases', 'targets'], threshold: 1, unreachable: 'refuse', digests: 'verify' })
})

test('requirements are combined, and keys of cosign count once', (t) => {
  const cosign = { keys: ['alice.pub', 'bob.pub', 'alice.pub'], threshold: 2 }
  const { otherwise } = read({ default: { anyOf: [{ allOf: [{ cosign }, { notary: { root } }] }, { cosign }] } })
  t.is(otherwise.kind, 'anyOf')
  const [all, only] = otherwise.kind === 'anyOf' ? otherwise.of : []
  t.deepEqual(all?.kind === 'allOf' && all.of.map(({ kind }) => kind), ['cosign', 'notary'])
  t.like(only, { kind: 'cosign', threshold: 2, keys: [{ id: alice.key.id }, { id: bob.key.id }] })
})

const deep = Array.from({ length: 5 }).reduce<JsonValue>((inner) => ({ anyOf: [inner] }), { notary: { root } })
const refused: readonly [what: string, value: JsonValue, problem: string][] = [
  ['no default', { rules: [] }, 'trust.yaml.default: is missing'],
  ['an empty file', null, 'trust.yaml: expected an object, found null'],
  ['a word with a mistake', { defualt: 'reject' }, 'trust.yaml.defualt: is not known; did you mean default?'],
  [
    'a requirement that is none',
    { default: 'insecureAcceptAnythin' },
    'trust.yaml.default: expected insecureAcceptAnything, reject, or',
  ],
  ['an empty requirement', { default: {} }, 'trust.yaml.default: expected insecureAcceptAnything'],
  [
    'two requirements side by side',
    { default: { notary: { root }, cosign: { keys: 'bob.pub' } } },
    'trust.yaml.default: has notary beside cosign: write anyOf or allOf',
  ],
  ['nothing in anyOf', { default: { anyOf: [] } }, 'trust.yaml.default.anyOf: is an empty list'],
  ['anything in anyOf', { default: { anyOf: ['insecureAcceptAnything'] } }, 'trust.yaml.default.anyOf[0]: expected'],
  ['too deep', { default: deep }, 'is nested deeper than 4'],
  [
    'a rule without names',
    { default: 'reject', rules: [{ require: 'reject' }] },
    'trust.yaml.rules[0].names: is missing',
  ],
  [
    'a rule without requirement',
    { default: 'reject', rules: [{ names: '**' }] },
    'trust.yaml.rules[0].require: is missing',
  ],
  [
    'a bad pattern',
    { default: 'reject', rules: [{ names: ['x'], require: 'reject' }] },
    'trust.yaml.rules[0].names[0]: "x" has no host',
  ],
  [
    'no names',
    { default: 'reject', rules: [{ names: [], require: 'reject' }] },
    'trust.yaml.rules[0].names: is an empty list',
  ],
  [
    'a root that nothing tells',
    { default: { notary: {} } },
    'trust.yaml.default.notary: has nothing that its root is known by',
  ],
  ['a root that is empty', { default: { notary: { root: {} } } }, 'trust.yaml.default.notary.root: has nothing'],
  [
    'firstUse: false alone',
    { default: { notary: { root: { firstUse: false } } } },
    'trust.yaml.default.notary.root: has nothing',
  ],
  [
    'a root that is pinned and not',
    { default: { notary: { root: { keys: id, firstUse: true } } } },
    'trust.yaml.default.notary.root.firstUse: believes any',
  ],
  [
    'http',
    { default: { notary: { root, server: 'http://x' } } },
    'trust.yaml.default.notary.server: is not https://HOST',
  ],
  [
    'a server with a path',
    { default: { notary: { root, server: 'https://x/y' } } },
    'notary.server: is not https://HOST',
  ],
  [
    'a server with a password',
    { default: { notary: { root, server: 'https://a:b@x' } } },
    'notary.server: is not https://HOST',
  ],
  [
    'a role that lists nothing',
    { default: { notary: { root, roles: ['snapshot'] } } },
    'notary.roles[0]: "snapshot" is not targets',
  ],
  [
    'a threshold without keys',
    { default: { notary: { root, threshold: 1 } } },
    'notary.threshold: counts keys, and there are none',
  ],
  [
    'a threshold of zero',
    { default: { notary: { root, keys: id, threshold: 0 } } },
    'notary.threshold: is less than 1',
  ],
  [
    'a threshold that nobody can meet',
    { default: { notary: { root, keys: [id, id], threshold: 2 } } },
    'notary.threshold: is 2, more than the 1 different',
  ],
  [
    'maxAge of what is refused',
    { default: { notary: { root, maxAge: '1d' } } },
    'notary.maxAge: is about what is last known good',
  ],
  [
    'an age without unit',
    { default: { notary: { root, unreachable: 'lastKnownGood', maxAge: 5 } } },
    'notary.maxAge: ',
  ],
  [
    'a key that is no file',
    { default: { cosign: { keys: ['carol.pub'] } } },
    'trust.yaml.default.cosign.keys[0]: there is no file carol.pub',
  ],
  [
    'a key that is no PEM',
    { default: { cosign: { keys: ['notes.txt'] } } },
    'cosign.keys[0]: is neither PEM nor a file with PEM',
  ],
  ['an ID as key of cosign', { default: { cosign: { keys: [id] } } }, `there is no file ${id}`],
  ['no keys of cosign', { default: { cosign: {} } }, 'trust.yaml.default.cosign.keys: is missing'],
]
for (const [what, value, problem] of refused)
  test(`refused: ${what}`, (t) => {
    const error = t.throws(() => read(value), { instanceOf: IbuildError })
    t.is(error?.code, 'TRUST_POLICY_INVALID')
    t.true(error?.message.includes(problem), error?.message)
  })
