import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import type { JsonObject } from '../../shared/base/json.ts'
import { fileMetaOf } from './file-meta.ts'
import { keyJson } from './key.ts'
import { readMetadata, readRoot, readSnapshot, readTargets, readTimestamp } from './read-metadata.ts'
import { parseRole } from './role.ts'
import { TestCollection } from './testing/collection.ts'
import { objectOf } from './testing/json.ts'
import { newKey } from './testing/keys.ts'
import { malformed, unreadable } from './testing/mutations.ts'
import type { RoleName } from './types.ts'

const bob = newKey('ecdsa')
const content = fileMetaOf(Buffer.from('one'))

async function files(change: (collection: TestCollection) => unknown = () => undefined) {
  const collection = new TestCollection({ now: Date.parse('2030-01-01T00:00:00Z') })
  collection.addTarget('v1', content, 'targets', { note: ['x', 1, null] }).delegate('targets/bob', [bob])
  change(collection)
  return (await collection.publish()).files
}

async function file(role: string, change?: (json: JsonObject) => JsonObject): Promise<Buffer> {
  const made = await files((collection) => change && collection.edit(parseRole(role), change))
  return made.get(parseRole(role)) ?? Buffer.of()
}

test('a root is read', async (t) => {
  const { signed, signatures, json } = readRoot(await file('root', (json) => ({ ...json, spec_version: '1.0' })))
  t.is(signed.version, 1)
  t.is(new Date(signed.expires).toISOString(), '2039-12-30T00:00:00.000Z')
  t.is(signed.keys.size, 4)
  t.is(signed.consistentSnapshot, false)
  t.deepEqual(signed.roles.root, { keyIDs: [signatures[0]?.keyID as never], threshold: 1 })
  t.is(json['spec_version'], '1.0')
})

test('targets are read, with delegations and what else is said of them', async (t) => {
  const { signed } = readTargets(await file('targets'))
  t.deepEqual(signed.targets.get('v1')?.sha256, content.sha256)
  t.deepEqual(signed.targets.get('v1')?.sha512, content.sha512)
  t.is(JSON.stringify(signed.targets.get('v1')?.custom), '{"note":["x",1,null]}')
  t.deepEqual(signed.delegations.roles, [
    { name: parseRole('targets/bob') as never, paths: [''], keyIDs: [bob.key.id], threshold: 1 },
  ])
  t.true(signed.delegations.keys.has(bob.key.id))
})

test('snapshot and timestamp are read', async (t) => {
  const made = await files()
  const snapshot = readSnapshot(made.get('snapshot') ?? Buffer.of())
  t.deepEqual(snapshot.signed.meta.get('targets'), fileMetaOf(made.get('targets') ?? Buffer.of()))
  const { signed } = readTimestamp(made.get('timestamp') ?? Buffer.of())
  t.deepEqual(signed.snapshot, fileMetaOf(snapshot.bytes))
})

const roles = ['root', 'targets', 'targets/bob', 'snapshot', 'timestamp'].map(parseRole)
for (const role of roles) {
  for (const mutation of [...unreadable, ...malformed]) {
    test(`${role}: ${mutation.name} is refused`, async (t) => {
      const made = await files((collection) => mutation.apply(collection, role))
      const bytes = made.get(role) ?? Buffer.of()
      t.throws(() => readMetadata(role, bytes), { code: 'METADATA_INVALID', message: new RegExp(`^${role}\\.json`) })
    })
  }
}

type Row = readonly [role: string, title: string, change: (json: JsonObject) => JsonObject, message: RegExp]
const within = (name: string, change: (json: JsonObject) => JsonObject) => (json: JsonObject) => ({
  ...json,
  [name]: change(objectOf(json[name])),
})
const role = (change: JsonObject) =>
  within(
    'roles',
    within('targets', (json) => ({ ...json, ...change })),
  )
const target = (value: unknown) => within('targets', (json) => ({ ...json, v1: value as never }))
const hashes = { sha256: content.sha256.toString('base64') }
const delegation = (value: unknown) => within('delegations', (json) => ({ ...json, roles: [value as never] }))
const ofBob = { name: 'targets/bob', keyids: [bob.key.id], threshold: 1, paths: [''] }
const file0 = { hashes, length: 1 }

const refused: readonly Row[] = [
  ['root', 'null for keys', (json) => ({ ...json, keys: null }), /keys: is missing/],
  ['root', 'a list for keys', (json) => ({ ...json, keys: [] }), /keys: expected an object/],
  [
    'root',
    'null for a key',
    within('keys', (keys) => ({ ...keys, [bob.key.id]: null })),
    /expected an object, found null/,
  ],
  [
    'root',
    'a key with another ID',
    within('keys', (k) => ({ ...k, [bob.key.id]: keyJson(newKey('ecdsa').key) })),
    /another ID/,
  ],
  [
    'root',
    'a role too few',
    within('roles', ({ root, targets, snapshot }) => ({ root, targets, snapshot }) as never),
    /timestamp: is missing/,
  ],
  ['root', 'null for a role', within('roles', (roles) => ({ ...roles, targets: null })), /targets: is missing/],
  ['root', 'threshold 0', role({ threshold: 0 }), /0 signatures are no threshold/],
  ['root', 'threshold -1', role({ threshold: -1 }), /no threshold/],
  ['root', 'a threshold as text', role({ threshold: '1' }), /expected an integer/],
  ['root', 'no threshold', role({ threshold: null }), /threshold: is missing/],
  ['root', 'a threshold above the number of keys', role({ threshold: 2 }), /2 signatures by 1 keys can never be/],
  ['root', 'a role without keys', role({ keyids: null }), /1 signatures by 0 keys/],
  ['root', 'a role with a key that is not there', role({ keyids: [bob.key.id] }), /is not among the keys/],
  ['root', 'a role with a key ID of hex no more', role({ keyids: ['zz'] }), /not the ID of a key/],
  ['root', 'ROLES beside', (json) => ({ ...json, ROLES: {} }), /"ROLES" is to be written roles/],
  ['root', 'Version beside', (json) => ({ ...json, Version: 5 }), /"Version" is to be written version/],
  ['root', 'a long s', (json) => ({ ...json, roleſ: {} }), /is to be written roles/],
  ['root', 'Keyids in a role', role({ Keyids: [] }), /"Keyids" is to be written keyids/],
  ['targets', 'null for targets', (json) => ({ ...json, targets: null }), /targets: is missing/],
  ['targets', 'a list for targets', (json) => ({ ...json, targets: [] }), /targets: expected an object/],
  [
    'targets',
    'TARGETS beside',
    (json) => ({ ...json, TARGETS: { evil: file0 } }),
    /"TARGETS" is to be written targets/,
  ],
  ['targets', 'null for delegations', (json) => ({ ...json, delegations: null }), /delegations: is missing/],
  ['targets', 'null for a target', target(null), /targets\["v1"\]: expected an object, found null/],
  ['targets', 'a target without hashes', target({ length: 1 }), /hashes: expected an object/],
  ['targets', 'a target without a sha256', target({ length: 1, hashes: {} }), /sha256 is missing/],
  [
    'targets',
    'a sha256 of 31 bytes',
    target({ length: 1, hashes: { sha256: Buffer.alloc(31).toString('base64') } }),
    /expected 32 bytes/,
  ],
  ['targets', 'a sha256 in hex', target({ length: 1, hashes: { sha256: 'ab'.repeat(32) } }), /expected 32 bytes/],
  ['targets', 'a sha256 of null', target({ length: 1, hashes: { sha256: null } }), /expected 32 bytes/],
  ['targets', 'a short sha512', target({ length: 1, hashes: { ...hashes, sha512: 'AAAA' } }), /expected 64 bytes/],
  ['targets', 'a target without a length', target({ hashes }), /expected a number of bytes/],
  ['targets', 'a length below 0', target({ hashes, length: -1 }), /expected a number of bytes/],
  ['targets', 'Length beside', target({ ...file0, Length: 5 }), /"Length" is to be written length/],
  ['targets', 'null for a delegation', delegation(null), /roles\[0\]: expected an object, found null/],
  ['targets', 'a delegation without a name', delegation({ ...ofBob, name: null }), /name: is missing/],
  [
    'targets',
    'a delegation to a grandchild',
    delegation({ ...ofBob, name: 'targets/a/b' }),
    /no delegation that targets may make/,
  ],
  [
    'targets',
    'a delegation to a base role',
    delegation({ ...ofBob, name: 'snapshot' }),
    /no delegation that targets may make/,
  ],
  ['targets', 'a delegation out of the folder', delegation({ ...ofBob, name: 'targets/../root' }), /no delegation/],
  ['targets', 'a delegation of threshold 0', delegation({ ...ofBob, threshold: 0 }), /no threshold/],
  ['targets', 'Paths beside', delegation({ ...ofBob, Paths: ['evil'] }), /"Paths" is to be written paths/],
  ['targets', 'a number for a path', delegation({ ...ofBob, paths: [1] }), /paths\[0\]: expected a string/],
  [
    'targets/bob',
    'a delegation to a sister',
    delegation({ ...ofBob, name: 'targets/eve' }),
    /that targets\/bob may make/,
  ],
  [
    'targets',
    'the same delegation twice',
    within('delegations', (json) => ({ ...json, roles: [ofBob, ofBob] })),
    /targets\/bob is there twice/,
  ],
  [
    'targets',
    '1001 delegations',
    within('delegations', (json) => ({ ...json, roles: Array.from({ length: 1001 }, () => ofBob) })),
    /1001 elements, more than 1000/,
  ],
]
for (const [name, title, change, message] of refused) {
  test(`${name}: ${title} is refused`, async (t) => {
    const bytes = await file(name, change)
    t.throws(() => readMetadata(parseRole(name), bytes), { code: 'METADATA_INVALID', message })
  })
}

const meta = (value: unknown) => Buffer.from(JSON.stringify({ signed: value, signatures: null }))
const common = { version: 1, expires: '2030-01-01T00:00:00Z' }
const snapshots: readonly [string, unknown, RegExp][] = [
  ['no root', { targets: file0 }, /meta: root is missing/],
  ['no targets', { root: file0 }, /meta: targets is missing/],
  ['a timestamp', { root: file0, targets: file0, timestamp: file0 }, /"timestamp" is no role that a snapshot lists/],
  ['a role with dots', { root: file0, targets: file0, 'targets/../x': file0 }, /is no role/],
  ['null for a file', { root: file0, targets: null }, /targets: is missing/],
  ['nothing', null, /meta: is missing/],
]
for (const [title, value, message] of snapshots) {
  test(`a snapshot with ${title} is refused`, (t) => {
    t.throws(() => readSnapshot(meta({ _type: 'Snapshot', ...common, meta: value })), {
      code: 'METADATA_INVALID',
      message,
    })
  })
}

test('a timestamp without a snapshot is refused', (t) => {
  for (const value of [{}, { snapshot: null }, null]) {
    t.throws(() => readTimestamp(meta({ _type: 'Timestamp', ...common, meta: value })), { code: 'METADATA_INVALID' })
  }
})

const signatures: readonly [string, unknown, RegExp][] = [
  ['a number', 5, /signatures: expected an array/],
  ['of null', [null], /signatures\[0\]: expected an object/],
  ['without a method', [{ keyid: bob.key.id, sig: 'AAAA' }], /method: is missing/],
  ['without a key', [{ method: 'ecdsa', sig: 'AAAA' }], /keyid: is missing/],
  ['of no key', [{ keyid: '../..', method: 'ecdsa', sig: 'AAAA' }], /keyid: is not the ID of a key/],
  ['that are no base64', [{ keyid: bob.key.id, method: 'ecdsa', sig: '###' }], /sig: is not base64/],
  ['with SIG beside', [{ keyid: bob.key.id, method: 'ecdsa', sig: 'AAAA', SIG: 'BBBB' }], /"SIG" is to be written sig/],
  [
    'that are too long',
    [{ keyid: bob.key.id, method: 'ecdsa', sig: 'AAAA'.repeat(400) }],
    /1200 bytes are no signature/,
  ],
  ['too many', Array.from({ length: 101 }, () => ({})), /101 elements, more than 100/],
]
for (const [title, value, message] of signatures) {
  test(`signatures are refused: ${title}`, (t) => {
    const signed = { _type: 'Timestamp', ...common, meta: { snapshot: file0 } }
    const bytes = Buffer.from(JSON.stringify({ signed, signatures: value }))
    t.throws(() => readTimestamp(bytes), { code: 'METADATA_INVALID', message })
  })
}

test('so many signatures of so much are refused: each takes a hash of all of it', (t) => {
  const one = { keyid: bob.key.id, method: 'ecdsa', sig: 'AAAA' }
  const signed = { _type: 'Timestamp', ...common, meta: { snapshot: file0 }, x: 'x'.repeat(3 * 1024 * 1024) }
  const file = (count: number): Buffer =>
    Buffer.from(JSON.stringify({ signed, signatures: Array.from({ length: count }, () => one) }))
  t.is(readTimestamp(file(85)).signatures.length, 85)
  t.throws(() => readTimestamp(file(86)), {
    code: 'METADATA_INVALID',
    message: /signatures: 86 are too many for 3\d+ bytes/,
  })
})

const times: readonly [string, string | undefined][] = [
  ['2036-11-17T23:12:20.59304967Z', '2036-11-17T23:12:20.593Z'],
  ['2036-11-17T23:12:20Z', '2036-11-17T23:12:20.000Z'],
  ['2036-11-17T23:12:20.5+02:00', '2036-11-17T21:12:20.500Z'],
  ['2036-02-29T00:00:00Z', '2036-02-29T00:00:00.000Z'],
  ['2035-02-29T00:00:00Z', undefined],
  ['2035-13-01T00:00:00Z', undefined],
  ['2035-01-01T24:00:00Z', undefined],
  ['2035-01-01T23:59:60Z', undefined],
  ['2035-01-01 00:00:00Z', undefined],
  ['2035-01-01T00:00:00', undefined],
  ['2035-01-01', undefined],
  ['+022035-01-01T00:00:00Z', undefined],
  ['', undefined],
]
for (const [text, expected] of times) {
  test(`the time ${JSON.stringify(text)} is ${expected ?? 'refused'}`, (t) => {
    const bytes = meta({ _type: 'Timestamp', version: 1, expires: text, meta: { snapshot: file0 } })
    if (expected === undefined)
      t.throws(() => readTimestamp(bytes), { code: 'METADATA_INVALID', message: /expected a time/ })
    else t.is(new Date(readTimestamp(bytes).signed.expires).toISOString(), expected)
  })
}

test('a delegation without paths, keys and children is read', async (t) => {
  const empty = { name: 'targets/x', threshold: 1, keyids: null }
  const { signed } = readTargets(await file('targets', delegation(empty)))
  t.deepEqual(signed.delegations.roles, [{ name: 'targets/x' as never, threshold: 1, keyIDs: [], paths: [] }])
})

test('a key that a role lists twice is there once', async (t) => {
  const twice = { ...ofBob, keyids: [bob.key.id, bob.key.id] }
  const { signed } = readTargets(await file('targets', delegation(twice)))
  t.deepEqual(signed.delegations.roles[0]?.keyIDs, [bob.key.id])
})

test('a target may be called like a member of every object', async (t) => {
  const bytes = await file(
    'targets',
    within(
      'targets',
      () => JSON.parse(`{"__proto__":${JSON.stringify(file0)},"toString":${JSON.stringify(file0)}}`) as JsonObject,
    ),
  )
  t.deepEqual([...readTargets(bytes).signed.targets.keys()], ['__proto__', 'toString'])
})

test('whatever is changed in a file, it is read or refused', async (t) => {
  const made = [...(await files())]
  const change = fc.record({
    file: fc.nat(made.length - 1),
    at: fc.nat(3000),
    text: fc.constantFrom('null', '{}', '[]', '"', '0', '-1', '1e9', '\\', '}', '"a":1,'),
  })
  fc.assert(
    fc.property(change, ({ file, at, text }) => {
      const [role, bytes] = made[file] as [RoleName, Buffer]
      const place = at % bytes.length
      const mutant = Buffer.concat([bytes.subarray(0, place), Buffer.from(text), bytes.subarray(place + text.length)])
      readOrRefused(t, role, mutant)
    }),
    { numRuns: 1000 },
  )
})

test('whole values of a file may be anything, it is read or refused', async (t) => {
  const made = await files()
  const values = fc.constantFrom(null, {}, [], '', 'x', 0, -1, true, [null], { a: null })
  fc.assert(
    fc.property(fc.constantFrom(...roles), fc.nat(100), values, (role, number, value) => {
      const json = JSON.parse((made.get(role) ?? Buffer.of()).toString()) as unknown
      const mutant = Buffer.from(JSON.stringify(replaceNth(json, { left: number }, value)))
      readOrRefused(t, role, mutant)
    }),
    { numRuns: 1000 },
  )
})

/** Nothing else may happen, whatever the bytes are. */
function readOrRefused(t: ExecutionContext, role: RoleName, bytes: Buffer): void {
  try {
    t.true(readMetadata(role, bytes).bytes.equals(bytes))
  } catch (error) {
    t.is((error as { code?: string }).code, 'METADATA_INVALID', String(error))
  }
}

function replaceNth(json: unknown, count: { left: number }, value: unknown): unknown {
  if (count.left-- === 0) return value
  if (Array.isArray(json)) return json.map((item) => replaceNth(item, count, value))
  if (typeof json !== 'object' || json === null) return json
  return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, replaceNth(item, count, value)]))
}
