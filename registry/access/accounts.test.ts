import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import { RegistryError } from '../protocol/error.ts'
import type { Groups } from './accounts.ts'
import { type AccountStore, createAccounts } from './accounts.ts'
import { checkPassword, hashOfNobody, hashPassword } from './bcrypt.ts'

interface Scene {
  readonly accounts: AccountStore
  /** What was checked, each `PASSWORD HASH`. */
  readonly checks: string[]
  readonly pass: (milliseconds: number) => void
}

/** Accounts whose hashes are their passwords, and are compared in no time. */
function scene(passwords: Readonly<Record<string, string>>, groups: Groups = {}): Scene {
  const checks: string[] = []
  let time = 0
  const entries = Object.entries(passwords).map(([name, hash]) => ({ name, hash }))
  const check = async (password: string, hash: string): Promise<boolean> => {
    checks.push(`${password} ${hash}`)
    await turn()
    return password === hash
  }
  return {
    accounts: createAccounts({ entries, groups, now: () => time, check }),
    checks,
    pass: (milliseconds) => void (time += milliseconds),
  }
}

const from = (
  name: string,
  password: string,
  address = '10.0.0.1',
): { name: string; password: string; address: string } => ({
  name,
  password,
  address,
})

test('the right password gives the account with its groups, and nothing else does', async (t) => {
  const { accounts } = scene({ ann: 'one', Ann: 'two', bob: 'one' }, { dev: ['ann', 'bob'], ops: ['ann'] })
  t.deepEqual(await accounts.verify(from('ann', 'one')), {
    kind: 'account',
    name: 'ann',
    groups: new Set(['dev', 'ops']),
  })
  t.is((await accounts.verify(from('Ann', 'two')))?.groups.size, 0)
  for (const [name, password] of [
    ['ann', 'two'],
    ['ann', ''],
    ['ann', 'one '],
    ['ANN', 'one'],
    ['carl', 'one'],
    ['', 'one'],
    ['__proto__', 'one'],
    ['a\u0308', 'one'],
  ] as const)
    t.is(await accounts.verify(from(name, password, `10.1.0.${name.length}`)), undefined, `${name} ${password}`)
})

test('a password that is too long is refused, not cut off', async (t) => {
  const long = 'x'.repeat(72)
  const hash = await hashPassword(long, 4)
  const accounts = createAccounts({ entries: [{ name: 'ann', hash }], groups: {} })
  t.is((await accounts.verify(from('ann', long)))?.name, 'ann')
  t.is(await accounts.verify(from('ann', `${long}y`)), undefined)
  t.true(await checkPassword(`${long}y`, hash), 'bcrypt itself would take it')
})

test('a name that there is not is checked as long as one that there is', async (t) => {
  const { accounts, checks } = scene({ ann: 'one', bob: 'two' })
  await accounts.verify(from('nobody', 'x'))
  await accounts.verify(from('nobody', 'y', '10.0.0.2'))
  t.is(checks.length, 2)
  const [first, second] = checks.map((check) => check.split(' ')[1])
  t.is(first, second, 'always like the same account')
  t.regex(first ?? '', /^(?:one|two)$/)
  const none = scene({})
  await none.accounts.verify(from('nobody', 'x'))
  t.regex(none.checks[0] ?? '', /^x \$2b\$11\$[./A-Za-z\d]{53}$/)
})

test('the password of another account opens no name that there is not', async (t) => {
  const { accounts, checks } = scene({ ann: 'one' })
  t.is(await accounts.verify(from('nobody', 'one')), undefined)
  t.deepEqual(checks, ['one one'])
})

test('the hash of nobody takes as long as any of its cost', async (t) => {
  const time = async (hash: string): Promise<number> => {
    const start = performance.now()
    t.false(await checkPassword('x', hash))
    return performance.now() - start
  }
  const [own, nobody] = [await hashPassword('y'), hashOfNobody()]
  t.true((await time(nobody)) > (await time(own)) / 4)
})

test('who was right is remembered for a minute', async (t) => {
  const { accounts, checks, pass } = scene({ ann: 'one' })
  for (let i = 0; i < 100; i++) t.truthy(await accounts.verify(from('ann', 'one')))
  t.is(checks.length, 1)
  t.deepEqual(accounts.counts, { right: 1, wrong: 0, remembered: 99, slowed: 0 })
  pass(60_000)
  await accounts.verify(from('ann', 'one'))
  t.is(checks.length, 2)
})

test('many that ask the same at once cost one check', async (t) => {
  const { accounts, checks } = scene({ ann: 'one' })
  const found = await Promise.all(Array.from({ length: 50 }, () => accounts.verify(from('ann', 'one'))))
  t.true(found.every((one) => one?.name === 'ann'))
  t.is(checks.length, 1)
})

test('a change of the accounts is in force at once, also for who was remembered or is being checked', async (t) => {
  const { accounts } = scene({ ann: 'one', bob: 'two' }, { dev: ['ann'] })
  const stamp = accounts.find('ann')?.stamp
  await accounts.verify(from('ann', 'one'))
  await accounts.verify(from('bob', 'two'))
  accounts.replace({ groups: { ops: ['ann'] } })
  const found = await accounts.verify(from('ann', 'one'))
  t.deepEqual(found?.groups, new Set(['ops']), 'groups are replaced, not added to')

  const checked = scene({ ann: 'one' })
  const late = checked.accounts.verify(from('ann', 'one'))
  checked.accounts.replace({ entries: [] })
  t.is(await late, undefined)

  accounts.replace({ entries: [{ name: 'ann', hash: 'new' }] })
  t.is(await accounts.verify(from('ann', 'one')), undefined)
  t.is(await accounts.verify(from('bob', 'two')), undefined)
  t.is(accounts.find('bob'), undefined)
  t.not(accounts.find('ann')?.stamp, stamp)
  t.truthy(await accounts.verify(from('ann', 'new')))
})

test('wrong passwords are slowed down by name and network; a remembered one is not', async (t) => {
  const { accounts, checks, pass } = scene({ ann: 'one' })
  await accounts.verify(from('ann', 'one'))
  for (let i = 0; i < 5; i++) t.is(await accounts.verify(from('ann', `wrong${i}`)), undefined)
  const error = await t.throwsAsync(accounts.verify(from('ann', 'wrong')), { instanceOf: RegistryError })
  t.like(error, { code: 'TOOMANYREQUESTS', status: 429, headers: { 'Retry-After': '1' } })
  t.is(checks.length, 6, 'the password was not looked at')
  t.truthy(await accounts.verify(from('ann', 'one')))
  await t.throwsAsync(accounts.verify(from('ann', 'two', '::ffff:10.0.0.1')), undefined, 'the same address')
  t.is(await accounts.verify(from('ann', 'wrong', '10.0.0.2')), undefined, 'another address')
  pass(1000)
  t.is(await accounts.verify(from('ann', 'wrong')), undefined)
})

test('of IPv6 a network counts: one client has all its addresses', async (t) => {
  const { accounts } = scene({ ann: 'one' })
  for (let i = 0; i < 5; i++) await accounts.verify(from('ann', `wrong${i}`, `2001:db8::${i}`))
  await t.throwsAsync(accounts.verify(from('ann', 'x', '2001:db8::ffff')))
  t.is(await accounts.verify(from('ann', 'x', '2001:db8:0:1::1')), undefined)
})

test('checks that wait are bounded', async (t) => {
  const { accounts, checks } = scene({ ann: 'one' })
  const all = Array.from({ length: 300 }, (_, i) => accounts.verify(from(`user${i}`, 'x', `10.0.${i}.1`)))
  const results = await Promise.allSettled(all)
  t.is(results.filter(({ status }) => status === 'rejected').length, 200)
  t.is(checks.length, 100)
})
