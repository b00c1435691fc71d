import test from 'ava'
import { newKey } from '../../tuf/testing/keys.ts'
import { offsetVersion } from '../../tuf/testing/mutations.ts'
import type { BaseRole, RoleName } from '../../tuf/types.ts'
import type { TrustCode } from '../refusal.ts'
import { allRoles, newStage, releases, type Stage, testAttack } from '../testing/attack.ts'
import type { StepName } from '../types.ts'

/** What a cached client has gone on to when it comes to a role of the fourth publish. */
function untilRole(role: RoleName): Readonly<Record<string, number>> {
  return Object.fromEntries(allRoles.slice(1, allRoles.indexOf(role)).map((each) => [each, 4]))
}

testAttack({
  name: 'timestamp: an old publish is served again (5.4.3)',
  clients: ['cached'],
  serve: async ({ source, history }) => source.serve(history[1]),
  expect: { code: 'TRUST_ROLLBACK', role: 'timestamp', step: 'version' },
})

test('a client that saw nothing cannot know that a publish is old, as long as it is in time', async (t) => {
  const stage = await newStage('fresh')
  stage.source.serve(stage.history[0])
  t.is((await stage.refresh()).timestamp.signed.version, 1)
})

/** The next publish, but one role has a version that was seen, or an older one; what stands above it is signed for that. */
async function serveVersion(
  { collection, source, publishNext }: Stage,
  role: RoleName,
  difference: number,
): Promise<void> {
  await publishNext()
  offsetVersion(difference).apply(collection, role)
  source.serve(await collection.publish({ keepVersions: true }))
}

for (const role of ['timestamp', 'snapshot', 'targets', releases] as const) {
  const same: [TrustCode, StepName] = ['TRUST_CHANGED', 'content']
  const old: [TrustCode, StepName] = ['TRUST_ROLLBACK', 'version']
  for (const [difference, [code, step]] of [
    [-1, same],
    [-2, old],
  ] as const) {
    testAttack({
      name: `${role}: version ${4 + difference} with new content behind newer files (5.4.3, 5.5.5)`,
      clients: ['cached'],
      serve: (stage) => serveVersion(stage, role, difference),
      expect: { code, role, step, trustedAfter: untilRole(role) },
    })
  }
}

for (const role of ['snapshot', 'targets', releases] as const) {
  test(`${role}: an old version is refused again when it is shown again`, async (t) => {
    const stage = await newStage('cached')
    await serveVersion(stage, role, -2)
    await t.throwsAsync(stage.refresh(), { code: 'TRUST_ROLLBACK' })
    await t.throwsAsync(stage.refresh(), { code: 'TRUST_ROLLBACK' })
    t.is((await stage.trusted())[role], 3)
  })
}

test('what was verified before a refusal is the least that must be shown afterwards', async (t) => {
  const stage = await newStage('cached')
  const next = await stage.publishNext()
  stage.source.answer = (name) => (name.startsWith('snapshot.') ? Promise.resolve(undefined) : undefined)
  await t.throwsAsync(stage.refresh(), { code: 'TRUST_MISMATCH' })
  stage.source.answer = () => undefined
  stage.source.serve(stage.history[2])
  await t.throwsAsync(stage.refresh(), {
    code: 'TRUST_ROLLBACK',
    message: /timestamp: version 3, but 4 was seen before/,
  })
  stage.source.serve(next)
  t.is((await stage.refresh()).snapshot.signed.version, 4)
})

test('the same content signed anew under the same version is no other content', async (t) => {
  const stage = await newStage('cached')
  for (const role of ['targets', 'snapshot', 'timestamp'] as const) {
    const [key] = stage.collection.keysOf(role)
    if (key !== undefined) stage.collection.signWith(role, [key, newKey('ecdsa')])
  }
  const again = await stage.collection.publish({ keepVersions: true })
  stage.source.serve(again)
  // The snapshot names the file with the other signature, so it is itself something else: only the timestamp may be signed anew.
  await t.throwsAsync(stage.refresh(), { code: 'TRUST_CHANGED' })
})

/** Whoever has the key of a role can set any version; only another key gives the owner a way back (5.3.11). */
const high = 1_000_000

for (const role of ['timestamp', 'snapshot', 'targets'] as const satisfies readonly BaseRole[]) {
  const serveHigh = async (stage: Stage): Promise<void> => {
    offsetVersion(high).apply(stage.collection, role)
    await stage.publishNext()
    await stage.refresh()
    offsetVersion(-high).apply(stage.collection, role)
  }
  test(`${role}: after a version that a thief of the key set, another key is the way back`, async (t) => {
    const stage = await newStage('cached')
    await serveHigh(stage)
    await stage.publishNext()
    await t.throwsAsync(stage.refresh(), { code: 'TRUST_ROLLBACK' })
    stage.collection.rotate(role, [newKey('ecdsa')])
    await stage.publishNext()
    const seen = await stage.refresh()
    const found = { ...seen, targets: seen.targets.get('targets') }[role]
    t.true(found !== undefined && found.signed.version < 100)
    t.is((await stage.trusted())[role], found?.signed.version)
  })
  test(`${role}: a further key beside the old one is no way back`, async (t) => {
    const stage = await newStage('cached')
    await serveHigh(stage)
    stage.collection.rotate(role, [...stage.collection.keysOf(role), newKey('ecdsa')])
    await stage.publishNext()
    await t.throwsAsync(stage.refresh(), { code: 'TRUST_ROLLBACK' })
  })
}
