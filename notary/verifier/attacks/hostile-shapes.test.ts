import test from 'ava'
import fc from 'fast-check'
import type { JsonObject, JsonValue } from '../../../shared/base/json.ts'
import { arrayOf, objectOf } from '../../tuf/testing/json.ts'
import type { RoleName } from '../../tuf/types.ts'
import { TrustRefusal } from '../refusal.ts'
import { newStage, releases, type Stage, testAttack } from '../testing/attack.ts'

/** The next publish, with a file of it changed after it was signed; snapshot and timestamp promise what came of it. */
async function serveText(
  { collection, source, publishNext }: Stage,
  role: RoleName,
  from: string,
  to: string,
): Promise<void> {
  await publishNext()
  collection.damage(role, (bytes) => Buffer.from(bytes.toString().replace(from, to)))
  const published = await collection.publish({ keepVersions: true })
  if (published.files.get(role)?.includes(to) !== true) throw new Error(`${role} has no ${from}`)
  source.serve(published)
}

async function serveEdited(
  { collection, source, publishNext }: Stage,
  role: RoleName,
  change: (json: JsonObject) => JsonObject,
): Promise<void> {
  await publishNext()
  collection.edit(role, change)
  source.serve(await collection.publish({ keepVersions: true }))
}

const evil = `"evil":{"hashes":{"sha256":"${Buffer.alloc(32, 7).toString('base64')}"},"length":1}`
const untilTargets = { timestamp: 4, snapshot: 4 }

for (const [name, from, to] of [
  ['targets are there twice, the evil ones first', '"targets":{', `"targets":{${evil}},"targets":{`],
  ['targets are there twice, once in upper case', '"targets":{', `"TARGETS":{${evil}},"targets":{`],
  ['targets are there twice, once with an escape', '"targets":{', `"t\\u0061rgets":{${evil}},"targets":{`],
  ['one name of a target twice', '"targets":{', `"targets":{"v1":{"hashes":{},"length":1},`],
  ['a length twice', '"length":3', '"length":4,"length":3'],
  ['a version beyond what numbers hold', '"version":4', '"version":9007199254740993'],
  ['a version with a fraction', '"version":4', '"version":4.5'],
  ['half a surrogate pair in a name', '"targets":{', `"targets":{"\\ud800":{"hashes":{},"length":1},`],
  [
    'something so deep that a stack would not hold it',
    '"targets":{',
    `"targets":{"x":${'['.repeat(100_000)}${']'.repeat(100_000)},`,
  ],
] as const) {
  testAttack({
    name: `targets: ${name}`,
    serve: (stage) => serveText(stage, 'targets', from, to),
    expect: { code: 'TRUST_METADATA_INVALID', role: 'targets', step: 'read', trustedAfter: untilTargets },
  })
}

const inDelegations =
  (change: (role: JsonObject) => JsonValue) =>
  (json: JsonObject): JsonObject => {
    const old = objectOf(json['delegations'])
    return { ...json, delegations: { ...old, roles: arrayOf(old['roles']).map((role) => change(objectOf(role))) } }
  }

for (const [name, change] of [
  ['a delegation that is null', inDelegations(() => null)],
  ['a delegation of somebody else', inDelegations((role) => ({ ...role, name: 'targets/a/b' }))],
  ['a delegation of the root', inDelegations((role) => ({ ...role, name: 'root' }))],
  ['a delegation that leads out of a folder', inDelegations((role) => ({ ...role, name: 'targets/../../x' }))],
  ['a delegation with threshold 0', inDelegations((role) => ({ ...role, threshold: 0 }))],
  ['a delegation with threshold -1', inDelegations((role) => ({ ...role, threshold: -1 }))],
  ['no delegations', (json: JsonObject): JsonObject => ({ ...json, delegations: null })],
  [
    'keys under other IDs',
    (json: JsonObject): JsonObject => {
      const old = objectOf(json['delegations'])
      const keys = Object.values(objectOf(old['keys'])).map((key): [string, JsonValue] => ['0'.repeat(64), key])
      return { ...json, delegations: { ...old, keys: Object.fromEntries(keys) } }
    },
  ],
  ['a target without length', (json: JsonObject): JsonObject => ({ ...json, targets: { x: { hashes: {} } } })],
  [
    'a target with a short hash',
    (json: JsonObject): JsonObject => ({ ...json, targets: { x: { hashes: { sha256: 'AAAA' }, length: 1 } } }),
  ],
  [
    'a target without sha256',
    (json: JsonObject): JsonObject => ({ ...json, targets: { x: { hashes: { md5: 'AAAA' }, length: 1 } } }),
  ],
  ['targets that are a list', (json: JsonObject): JsonObject => ({ ...json, targets: [] })],
] as const) {
  testAttack({
    name: `targets: ${name}`,
    serve: (stage) => serveEdited(stage, 'targets', change),
    expect: { code: 'TRUST_METADATA_INVALID', role: 'targets', step: 'read', trustedAfter: untilTargets },
  })
}

for (const name of ['../../../etc/passwd', 'targets/../x', 'targets/', 'targets/A', 'Root', '__proto__', '']) {
  testAttack({
    name: `snapshot: it lists a role ${JSON.stringify(name)}`,
    clients: ['cached'],
    serve: async (stage) => {
      await stage.publishNext()
      const from = '"meta":{'
      await serveText(stage, 'snapshot', from, `${from}${JSON.stringify(name)}:{"hashes":{},"length":1},`)
    },
    expect: { code: 'TRUST_METADATA_INVALID', role: 'snapshot', step: 'read', trustedAfter: { timestamp: 5 } },
  })
}

test('whatever byte of whatever file is changed, it is a refusal or nothing', async (t) => {
  const stage = await newStage('cached')
  await stage.publishNext()
  const files = new Map(stage.source.files)
  const names = [...files.keys()].filter((name) => /^timestamp\.json$|\.[0-9a-f]{64}\.json$/.test(name))
  const change = fc.record({ name: fc.constantFrom(...names), at: fc.nat(), byte: fc.nat(255) })
  await fc.assert(
    fc.asyncProperty(change, async ({ name, at, byte }) => {
      const bytes = Buffer.from(files.get(name) ?? Buffer.of(0))
      bytes[at % bytes.length] = byte
      stage.source.files = new Map([...files, [name, bytes]])
      const result = await stage.refresh().catch((error: unknown) => error)
      const isSame =
        result instanceof Error
          ? result instanceof TrustRefusal
          : JSON.stringify(await stage.trusted()).includes('"targets":')
      t.true(isSame, String(result))
    }),
    { numRuns: 150 },
  )
  stage.source.files = files
  t.is((await stage.refresh()).targets.get(releases)?.signed.version, 4)
})
