import test from 'ava'
import { parseTargetsRole } from '../../tuf/role.ts'
import { TestCollection } from '../../tuf/testing/collection.ts'
import { arrayOf, objectOf } from '../../tuf/testing/json.ts'
import { newKey } from '../../tuf/testing/keys.ts'
import { limits } from '../limits.ts'
import { namesOf, resolveTarget, rolesInOrder, signaturesOf, targetsIn } from '../resolve.ts'
import { releases } from '../testing/attack.ts'
import { newScene } from '../testing/scene.ts'
import type { TrustedCollection } from '../types.ts'

async function verified(collection: TestCollection): Promise<TrustedCollection> {
  return newScene(collection, await collection.publish()).refresh()
}
const role = parseTargetsRole

test('releases come before targets, and other roles say nothing of a tag', async (t) => {
  const collection = new TestCollection().addTarget('v1', 'by the owner').addTarget('v2', 'by the owner')
  collection.delegate(releases, [newKey('ecdsa')]).addTarget('v1', 'released', releases)
  collection.delegate('targets/bob', [newKey('ecdsa')]).addTarget('v3', 'by bob', role('targets/bob'))
  const seen = await verified(collection)
  t.is(resolveTarget(seen, 'v1')?.target.length, 'released'.length)
  t.is(resolveTarget(seen, 'v1')?.role, releases)
  t.is(resolveTarget(seen, 'v2')?.role, 'targets')
  t.is(resolveTarget(seen, 'v3'), undefined)
  t.is(resolveTarget(seen, 'v3', [role('targets/bob')])?.role, role('targets/bob'))
  t.deepEqual(
    signaturesOf(seen, 'v1').map((found) => found.role),
    ['targets', releases],
  )
})

test('names of objects are names of targets like others', async (t) => {
  const seen = await verified(new TestCollection().addTarget('v1', 'x'))
  for (const name of ['__proto__', 'constructor', 'hasOwnProperty', '']) t.is(resolveTarget(seen, name), undefined)
  const odd = await verified(new TestCollection().addTarget('constructor', 'x').addTarget('toString', 'y'))
  t.is(resolveTarget(odd, 'constructor')?.target.length, 1)
})

test('a delegation signs names that begin as it was told, and no others', async (t) => {
  const collection = new TestCollection().addTarget('v1', 'by the owner')
  collection.delegate(releases, [newKey('ecdsa')], { paths: ['1.', 'a*'] })
  for (const name of ['v1', '1.0', '2.0', 'a*1', 'a1']) collection.addTarget(name, 'released!', releases)
  const seen = await verified(collection)
  const roleOf = (name: string): string | undefined => resolveTarget(seen, name)?.role
  t.deepEqual(['v1', '1.0', '2.0', 'a*1', 'a1'].map(roleOf), ['targets', releases, undefined, releases, undefined])
  t.deepEqual(
    targetsIn(seen, releases).map(({ name }) => name),
    ['1.0', 'a*1'],
  )
})

test('a delegation of a delegation signs only what both may', async (t) => {
  const inner = role('targets/team/bob')
  const collection = new TestCollection().delegate('targets/team', [newKey('ecdsa')], { paths: ['team-'] })
  collection.delegate(inner, [newKey('ecdsa')], { paths: ['team-b', 'other'] })
  for (const name of ['team-b1', 'team-a', 'other']) collection.addTarget(name, 'x', inner)
  const seen = await verified(collection)
  t.deepEqual(
    targetsIn(seen, inner).map(({ name }) => name),
    ['team-b1'],
  )
})

test('a delegation without paths signs nothing, whatever else it says of names', async (t) => {
  const collection = new TestCollection()
    .delegate(releases, [newKey('ecdsa')], { paths: [] })
    .addTarget('v1', 'x', releases)
  collection.edit('targets', (json) => {
    const delegations = objectOf(json['delegations'])
    const roles = arrayOf(delegations['roles']).map((each) => ({ ...objectOf(each), path_hash_prefixes: ['00', 'ff'] }))
    return { ...json, delegations: { ...delegations, roles } }
  })
  t.is(resolveTarget(await verified(collection), 'v1'), undefined)
})

test('roles come in preorder, and contents are found by their hash in that order', async (t) => {
  const collection = new TestCollection()
  for (const name of ['targets/b', 'targets/a', 'targets/b/d', 'targets/b/c', 'targets/a/e']) {
    collection.delegate(name, [newKey('ecdsa')]).addTarget(name.replaceAll('/', '-'), 'same', role(name))
  }
  const seen = await verified(collection)
  t.deepEqual(
    rolesInOrder(seen),
    ['targets', 'targets/b', 'targets/b/d', 'targets/b/c', 'targets/a', 'targets/a/e'].map(role),
  )
  const [first] = signaturesOf(seen, 'targets-b')
  t.deepEqual(
    namesOf(seen, first?.target.sha256 ?? Buffer.of()).map((found) => found.role),
    rolesInOrder(seen).slice(1),
  )
})

test('a role that cannot be used takes nothing else with it, but ends a search that comes to it', async (t) => {
  const collection = new TestCollection().addTarget('v1', 'old').addTarget('other', 'x')
  collection.delegate(releases, [newKey('ecdsa')], { paths: ['v'] }).addTarget('v1', 'new', releases)
  const inner = role('targets/releases/inner')
  collection.delegate(inner, [newKey('ecdsa')]).addTarget('v2', 'inner', inner)
  collection.signWith(releases, [newKey('ecdsa')])
  const seen = await verified(collection)
  t.deepEqual([...seen.targets.keys()], ['targets'])
  t.deepEqual([...seen.unusable.keys()], [releases])
  for (const search of [undefined, [inner], [inner, 'targets' as const]])
    t.throws(() => resolveTarget(seen, 'v1', search), { code: 'TRUST_SIGNATURES' })
  t.is(resolveTarget(seen, 'other')?.role, 'targets')
  t.is(resolveTarget(seen, 'v1', ['targets', releases])?.role, 'targets')
})

test('a threshold of two for a delegation is heeded', async (t) => {
  const keys = [newKey('ecdsa'), newKey('ed25519'), newKey('rsa')]
  const collection = new TestCollection().delegate(releases, keys, { threshold: 2 }).addTarget('v1', 'x', releases)
  t.is(resolveTarget(await verified(collection.signWith(releases, keys.slice(1))), 'v1')?.keys.size, 2)
  for (const few of [
    keys.slice(0, 1),
    [0, 0].flatMap((i) => keys[i] ?? []),
    [keys[0] ?? newKey('ecdsa'), newKey('ecdsa')],
  ]) {
    const seen = await verified(collection.signWith(releases, few))
    t.throws(() => resolveTarget(seen, 'v1'), { code: 'TRUST_SIGNATURES', message: /1 of the 2/ })
  }
})

test('a delegation whose last key was taken away is not usable', async (t) => {
  const collection = new TestCollection().delegate(releases, []).addTarget('v1', 'x', releases)
  collection.signWith(releases, [newKey('ecdsa')])
  const seen = await verified(collection)
  t.throws(() => resolveTarget(seen, 'v1'), { code: 'TRUST_SIGNATURES', message: /0 of the 1/ })
})

test('delegations may not go deeper, nor be more, than anybody needs', async (t) => {
  const deep = new TestCollection()
  const key = newKey('ecdsa')
  let name = 'targets'
  for (let depth = 1; depth <= limits.depth; depth++) deep.delegate((name += '/a'), [key])
  t.is((await verified(deep)).targets.size, limits.depth + 1)
  deep.delegate(`${name}/a`, [key])
  await t.throwsAsync(verified(deep), { code: 'TRUST_TOO_LARGE', message: /inside each other/ })

  const wide = new TestCollection()
  for (let i = 0; i <= limits.files; i++) wide.delegate(`targets/r${i}`, [key])
  const scene = newScene(wide, await wide.publish())
  await t.throwsAsync(scene.refresh(), { code: 'TRUST_TOO_LARGE', message: /more than 512 delegations/ })
  t.true(scene.source.asked.length < 10, 'they are counted before any is fetched')
})
