import test from 'ava'
import type { JsonObject } from '../../../shared/base/json.ts'
import { parseTargetsRole } from '../../tuf/role.ts'
import { objectOf } from '../../tuf/testing/json.ts'
import { newKey } from '../../tuf/testing/keys.ts'
import type { RoleName } from '../../tuf/types.ts'
import { limits } from '../limits.ts'
import { resolveTarget } from '../resolve.ts'
import { allRoles, newStage, releases, type Stage, testAttack } from '../testing/attack.ts'

const promisedRoles = ['snapshot', 'targets', releases] as const
const untilRole = (role: RoleName): Readonly<Record<string, number>> =>
  Object.fromEntries(allRoles.slice(1, allRoles.indexOf(role)).map((each) => [each, 4]))

/** Serves the next publish, but other bytes where one of its files is promised. */
async function serveInstead(
  stage: Stage,
  role: RoleName,
  change: (bytes: Buffer) => Uint8Array | undefined,
): Promise<void> {
  const { files } = await stage.publishNext()
  const promised = files.get(role) ?? Buffer.of()
  stage.source.answer = (name) =>
    name.startsWith(`${role}.`) && name !== `${role}.json` ? Promise.resolve(change(promised)) : undefined
}

for (const role of promisedRoles) {
  const trustedAfter = untilRole(role)
  testAttack({
    name: `${role}: other bytes of the same length (5.5.2, 5.6.2)`,
    serve: (stage) => serveInstead(stage, role, (bytes) => Buffer.from(bytes).fill(' ', bytes.length - 1)),
    expect: { code: 'TRUST_MISMATCH', role, step: 'hash', trustedAfter },
  })
  testAttack({
    name: `${role}: a byte more than promised`,
    serve: (stage) => serveInstead(stage, role, (bytes) => Buffer.concat([bytes, Buffer.from(' ')])),
    expect: { code: 'TRUST_MISMATCH', role, step: 'length', trustedAfter },
  })
  testAttack({
    name: `${role}: cut off`,
    serve: (stage) => serveInstead(stage, role, (bytes) => bytes.subarray(1)),
    expect: { code: 'TRUST_MISMATCH', role, step: 'length', trustedAfter },
  })
  testAttack({
    name: `${role}: the promised file is not there`,
    serve: (stage) => serveInstead(stage, role, () => undefined),
    expect: { code: 'TRUST_MISMATCH', role, step: 'fetch', trustedAfter },
  })
  testAttack({
    name: `${role}: the file of an earlier publish`,
    clients: ['fresh'],
    serve: (stage) => serveInstead(stage, role, () => stage.history[0].files.get(role)),
    expect: { code: 'TRUST_MISMATCH', role, step: 'length' },
  })
}

/** Promises of a parent about one file, signed by the parent. */
async function servePromise(
  { collection, source, publishNext }: Stage,
  role: 'snapshot' | 'targets' | typeof releases | 'root',
  change: (promise: JsonObject) => JsonObject | undefined,
): Promise<void> {
  await publishNext()
  collection.promise(role, change)
  source.serve(await collection.publish({ keepVersions: true }))
}

for (const role of promisedRoles) {
  const parent = role === 'snapshot' ? 'timestamp' : 'snapshot'
  testAttack({
    name: `${role}: the right hash, but another length is promised`,
    serve: (stage) => servePromise(stage, role, (promise) => ({ ...promise, length: Number(promise['length']) + 1 })),
    expect: { code: 'TRUST_MISMATCH', role, step: 'length', trustedAfter: untilRole(role) },
  })
  testAttack({
    name: `${role}: only a sha512 is promised`,
    serve: (stage) =>
      servePromise(stage, role, (promise) => ({
        ...promise,
        hashes: { sha512: objectOf(promise['hashes'])['sha512'] ?? null },
      })),
    expect: { code: 'TRUST_METADATA_INVALID', role: parent, step: 'read', trustedAfter: untilRole(parent) },
  })
  testAttack({
    name: `${role}: the sha256 is right and the sha512 is not`,
    serve: (stage) =>
      servePromise(stage, role, (promise) => {
        const hashes = { ...objectOf(promise['hashes']), sha512: Buffer.alloc(64).toString('base64') }
        return { ...promise, hashes }
      }),
    expect: { code: 'TRUST_MISMATCH', role, step: 'hash', trustedAfter: untilRole(role) },
  })
}

for (const [role, most] of [
  ['snapshot', limits.snapshot],
  ['targets', limits.targets],
] as const) {
  testAttack({
    name: `${role}: so many bytes are promised that they are not even asked for`,
    serve: (stage) => servePromise(stage, role, (promise) => ({ ...promise, length: most + 1 })),
    expect: { code: 'TRUST_TOO_LARGE', role, step: 'length', trustedAfter: untilRole(role) },
  })
}

for (const [role, name, most] of [
  ['root', 'root.json', limits.root],
  ['timestamp', 'timestamp.json', limits.timestamp],
] as const) {
  testAttack({
    name: `${role}: longer than any`,
    clients: role === 'root' ? ['fresh'] : ['fresh', 'cached'],
    serve: async ({ source }) => source.files.set(name, Buffer.alloc(most + 1, ' ')),
    expect: { code: 'TRUST_TOO_LARGE', role, step: 'length' },
  })
}

testAttack({
  name: 'root: not the one that the snapshot promises',
  clients: ['fresh'],
  serve: (stage) => servePromise(stage, 'root', (promise) => ({ ...promise, length: 1 })),
  expect: { code: 'TRUST_MISMATCH', role: 'root', step: 'hash' },
})

for (const role of ['root', 'targets'] as const) {
  testAttack({
    name: `${role}: not listed in the snapshot (5.5.5)`,
    serve: async (stage) => {
      await stage.publishNext()
      stage.collection.promise(role, () => undefined)
      stage.source.serve(await stage.collection.publish({ keepVersions: true }))
    },
    expect: { code: 'TRUST_METADATA_INVALID', role: 'snapshot', step: 'read', trustedAfter: { timestamp: 4 } },
  })
}

testAttack({
  name: `${releases}: dropped by whoever signs the snapshot, while targets still delegates to it`,
  clients: ['cached'],
  serve: async (stage) => {
    stage.collection.promise(releases, () => undefined)
    await stage.publishNext()
  },
  expect: {
    code: 'TRUST_ROLE_GONE',
    role: releases,
    step: 'listed',
    trustedAfter: { timestamp: 4, snapshot: 4, targets: 4 },
  },
})

test('a delegation that its parent takes away may go, and its last file is remembered', async (t) => {
  const stage = await newStage('cached')
  const json = stage.collection.json(releases)
  stage.collection.undelegate(releases)
  const gone = await stage.collection.publish()
  stage.source.serve(gone)
  const seen = await stage.refresh()
  t.deepEqual([...seen.targets.keys()], ['targets'])
  t.is(resolveTarget(seen, 'r1'), undefined)

  stage.collection.delegate(releases, [stage.releaseKey]).edit(releases, () => ({ ...json, version: 2 }))
  stage.source.serve(await stage.collection.publish())
  await t.throwsAsync(stage.refresh(), {
    code: 'TRUST_ROLLBACK',
    message: /targets\/releases: version 2, but 3 was seen/,
  })
})

test('a delegation with another key may be without a file until somebody signs one', async (t) => {
  const stage = await newStage('cached')
  stage.collection.undelegate(releases)
  stage.collection.delegate(releases, [newKey('ecdsa')]).promise(releases, () => undefined)
  stage.source.serve(await stage.collection.publish())
  t.deepEqual([...(await stage.refresh()).targets.keys()], ['targets'])
})

test('a delegation that only the snapshot lists is none', async (t) => {
  const stage = await newStage('cached')
  const evil = parseTargetsRole('targets/evil')
  stage.collection
    .delegate(evil, [newKey('ecdsa')])
    .addTarget('r2', 'evil', evil)
    .undelegate(evil, { keepFile: true })
  const { files } = await stage.publishNext()
  t.true(files.has(evil))
  const seen = await stage.refresh()
  t.deepEqual([...seen.targets.keys()], ['targets', releases])
  t.is(resolveTarget(seen, 'r2', [evil, releases, 'targets']), undefined)
})
