import { newKey } from '../../tuf/testing/keys.ts'
import { badlySigned, expired, type Mutation, malformed, unreadable } from '../../tuf/testing/mutations.ts'
import type { RoleName } from '../../tuf/types.ts'
import type { TrustCode } from '../refusal.ts'
import { allRoles, type ClientKind, type Expected, releases, type Stage, testAttack } from '../testing/attack.ts'
import type { StepName } from '../types.ts'

/** Roles that a client has verified when it comes to this one advance; those after it stay. */
function advanced(role: RoleName): Readonly<Record<string, number>> {
  const files: Readonly<Record<string, number>> = { timestamp: 4, snapshot: 4, targets: 4 }
  const earlier = allRoles.slice(1, allRoles.indexOf(role))
  return Object.fromEntries(earlier.map((each) => [each, files[each] ?? 0]))
}

/** The next publish, with one file of it broken. A cached client looks at the next root, a fresh one at the newest. */
async function serveBroken(
  { collection, source, publishNext }: Stage,
  role: RoleName,
  mutation: Mutation,
): Promise<void> {
  if (role === 'root') collection.rotate('targets', [newKey('ecdsa')])
  await publishNext()
  mutation.apply(collection, role)
  const published = await collection.publish({ keepVersions: true })
  source.serve(published)
  const root = published.files.get('root')
  if (role === 'root' && root !== undefined) source.files.set('2.root.json', root)
}

function testBroken(mutation: Mutation, role: RoleName, expect: (client: ClientKind) => [TrustCode, StepName]): void {
  testAttack({
    name: `${role}: ${mutation.name}`,
    serve: (stage) => serveBroken(stage, role, mutation),
    expect: (client): Expected => {
      const [code, step] = expect(client)
      return { code, role, step, trustedAfter: advanced(role) }
    },
  })
}

for (const role of allRoles) {
  for (const mutation of [...unreadable, ...malformed])
    testBroken(mutation, role, () => ['TRUST_METADATA_INVALID', 'read'])
  for (const mutation of badlySigned) {
    testBroken(mutation, role, (client) => {
      if (role !== 'root' || client === 'fresh') return ['TRUST_SIGNATURES', 'signatures']
      if (mutation.name.startsWith('another version')) return ['TRUST_MISMATCH', 'version']
      return ['TRUST_ROOT_CHANGED', 'rotation']
    })
  }
  if (role !== 'root') testBroken(expired, role, () => ['TRUST_EXPIRED', 'expiry'])
}

testAttack({
  name: 'root: expired',
  serve: async (stage) => {
    stage.collection.rotate('targets', [newKey('ecdsa')])
    await stage.publishNext()
    expired.apply(stage.collection, 'root')
    stage.source.serve(await stage.collection.publish({ keepVersions: true }))
  },
  // A root that is followed is trusted, even if it must not be used: there is no way back from it.
  expect: { code: 'TRUST_EXPIRED', role: 'root', step: 'expiry', trustedAfter: { root: 2 } },
})

testAttack({
  name: `${releases}: the delegation gives it another key`,
  clients: ['fresh'],
  serve: async (stage) => {
    stage.collection.signWith(releases, [newKey('ecdsa')])
    await stage.publishNext()
  },
  expect: { code: 'TRUST_SIGNATURES', role: releases, step: 'signatures' },
})
