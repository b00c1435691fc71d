import test from 'ava'
import { isGun, parseGun } from './gun.ts'
import { isDelegation, isDirectChild, isRole, isTargetsRole, parentOf, parseRole, parseTargetsRole } from './role.ts'
import type { DelegationName } from './types.ts'

const guns = [
  'docker.io/library/alpine',
  'localhost:5000/foo/app',
  '127.0.0.1:5000/app',
  '[::1]:5000/team/app',
  'Registry.Example.com/a__b/c-d.e',
  'foo/app',
  'my_org/app',
  'test',
  'a'.repeat(255),
]
for (const gun of guns) {
  test(`a collection may be called ${gun.slice(0, 60)}`, (t) => {
    t.is(parseGun(gun), gun as never)
  })
}

const noGuns = [
  '',
  '/',
  'a/',
  '/a',
  'a//b',
  'a/../b',
  '..',
  './a',
  'a/_trust/b',
  '_trust',
  'host/Upper',
  'a b',
  'a/b:5',
  'host:123456/a',
  'host:/a',
  'a/b*',
  'a\0b',
  'a\nb',
  'a/%2e%2e/b',
  'a\\b',
  'ä',
  'a/-b',
  'a'.repeat(256),
]
for (const gun of noGuns) {
  test(`no collection is called ${JSON.stringify(gun.slice(0, 60))}`, (t) => {
    t.false(isGun(gun))
    t.throws(() => parseGun(gun), { code: 'GUN_INVALID', message: /^not the name of a collection/ })
  })
}

const roles = [
  'root',
  'targets',
  'snapshot',
  'timestamp',
  'targets/releases',
  'targets/a/b-c/d_1',
  `targets/${'a'.repeat(247)}`,
]
for (const role of roles) {
  test(`a role may be called ${role.slice(0, 60)}`, (t) => {
    t.is(parseRole(role), role as never)
    t.is(isTargetsRole(role), role.startsWith('targets'))
  })
}

const noRoles = [
  '',
  'Root',
  'targets/',
  'targets//a',
  'targets/a/',
  '/targets/a',
  'targets/A',
  'targets/../root',
  'targets/..',
  'targets/a.b',
  'targets/a b',
  'targets/a\n',
  'targets/a?',
  'targets/a#',
  'targets\\a',
  'root/a',
  'releases',
  'constructor',
  `targets/${'a'.repeat(248)}`,
]
for (const role of noRoles) {
  test(`no role is called ${JSON.stringify(role.slice(0, 60))}`, (t) => {
    t.false(isRole(role))
    t.throws(() => parseRole(role), { code: 'ROLE_INVALID' })
    t.throws(() => parseTargetsRole(role), { code: 'ROLE_INVALID' })
  })
}

test('the name of a delegation says who made it', (t) => {
  const deep = delegation('targets/a/b')
  t.is(parentOf(deep), 'targets/a' as never)
  t.is(parentOf(delegation('targets/a')), 'targets')
  t.true(isDirectChild(parseTargetsRole('targets/a'), deep))
  t.false(isDirectChild('targets', deep))
  t.false(isDirectChild(parseTargetsRole('targets/a'), delegation('targets/ab')))
  t.false(isDirectChild(deep, deep))
})

function delegation(text: string): DelegationName {
  if (!isDelegation(text)) throw new Error(`${text} is no delegation`)
  return text
}
