import test from 'ava'
import type { Access, AccessRequest, AccessWish } from '../http/authorize.ts'
import { RegistryError } from '../protocol/error.ts'
import { parseName } from '../protocol/names.ts'
import { parseRoute } from '../protocol/route.ts'
import { createAuthorize } from './authorize.ts'
import { basicScheme, parseBasic } from './basic.ts'
import { createRules } from './rules.ts'
import type { Account, Accounts, Asker, KnownAccount, LoginScheme } from './types.ts'

const basic = (text: string): string => Buffer.from(text).toString('base64')

const credentials: readonly [text: string, found: readonly [name: string, password: string] | undefined][] = [
  [basic('ann:one'), ['ann', 'one']],
  [basic('ann:a:b'), ['ann', 'a:b']],
  [basic('ann:'), ['ann', '']],
  [basic(':x'), ['', 'x']],
  [basic('\u00e4nn:\u20ac'), ['\u00e4nn', '\u20ac']],
  [basic('\ufeffann:x'), ['\ufeffann', 'x']],
  [basic(`${'\u{1f600}'.repeat(128)}:${'x'.repeat(72)}`), ['\u{1f600}'.repeat(128), 'x'.repeat(72)]],
  [basic('ann'), undefined],
  ['', undefined],
  ['ann:one', undefined],
  [`${basic('ann:one')}!`, undefined],
  ['====', undefined],
  [Buffer.from('ann:\xff', 'latin1').toString('base64'), undefined],
  ['A'.repeat(10_000), undefined],
]
for (const [text, found] of credentials) {
  test(`Basic ${text.slice(0, 30)} of ${text.length} characters is ${found === undefined ? 'nothing' : 'read'}`, (t) => {
    t.deepEqual(parseBasic(text), found && { name: found[0], password: found[1] })
  })
}

const known: KnownAccount = { kind: 'account', name: 'ann', groups: new Set(['dev']), stamp: 's' }
const accounts: Accounts = {
  verify: async ({ name, password }): Promise<Account | undefined> =>
    name === 'ann' && password === 'one' ? known : undefined,
  find: (name) => (name === 'ann' ? known : undefined),
}
const rules = createRules([
  { repositories: ['public'], who: ['anonymous'], actions: ['pull'] },
  { repositories: ['team/*'], who: ['group:dev'], actions: ['pull', 'push'] },
])
const scheme = basicScheme({ accounts, rules: () => rules, realm: () => 'r' })

const to = (name: string, ...actions: readonly ('pull' | 'push' | 'delete')[]): Access => ({
  kind: 'repository',
  name: parseName(name),
  actions,
})
const catalog: Access = { kind: 'catalog' }
const right = `Basic ${basic('ann:one')}`

const rows: readonly [authorization: string | undefined, required: readonly Access[], status: number][] = [
  [undefined, [to('public', 'pull')], 200],
  [undefined, [to('public', 'push')], 401],
  [undefined, [to('public', 'pull', 'push')], 401],
  [undefined, [to('team/a', 'pull')], 401],
  [undefined, [to('public', 'pull'), to('team/a', 'pull')], 401],
  [undefined, [catalog], 200],
  [right, [to('team/a', 'pull', 'push')], 200],
  [right, [to('team/a', 'delete')], 403],
  [right, [to('other', 'pull')], 403],
  [right, [to('team/a', 'push'), to('other', 'pull')], 403],
  [right, [to('public', 'pull')], 200],
  [right, [catalog], 200],
  [`basic ${basic('ann:one')}`, [to('team/a', 'push')], 200],
  [`BASIC   ${basic('ann:one')}`, [to('team/a', 'push')], 200],
  [`Basic ${basic('ann:two')}`, [to('team/a', 'push')], 401],
  [`Basic ${basic('ann:two')}`, [to('public', 'pull')], 401],
  [`Basic ${basic('bob:one')}`, [to('team/a', 'push')], 401],
  [`Basic ${basic(':')}`, [to('public', 'pull')], 200],
  [`Basic ${basic(':')}`, [to('team/a', 'pull')], 401],
  [`Basic ${basic(':x')}`, [to('public', 'pull')], 401],
  ['Basic', [to('public', 'pull')], 401],
  ['', [to('public', 'pull')], 401],
  [`Bearer ${basic('ann:one')}`, [to('public', 'pull')], 401],
  [`Basic ${basic('ann:one')}, Basic ${basic('ann:one')}`, [to('team/a', 'push')], 401],
  [undefined, [{ kind: 'service', name: 'gc' }], 401],
  [`Basic ${basic('ann:one')}`, [{ kind: 'service', name: 'gc' }], 200],
]
for (const [authorization, required, status] of rows) {
  const wanted = required.map((one) => (one.kind === 'repository' ? `${one.actions.join()} in ${one.name}` : one.kind))
  test(`${authorization ?? 'nobody'} for ${wanted.join(' and ')}: ${status}`, async (t) => {
    t.is(await statusOf(authorization, { required, optional: [] }), status)
  })
}

async function statusOf(
  authorization: string | undefined,
  wish: AccessWish,
  path = '/v2/x/tags/list',
): Promise<number> {
  try {
    await createAuthorize({ rules: () => rules, schemes: [scheme] })(requestFor(path, authorization), wish)
    return 200
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    if (error.status === 401 && error.headers['WWW-Authenticate'] !== 'Basic realm="r", charset="UTF-8"') return 0
    return error.status
  }
}

function requestFor(path: string, authorization?: string, told: string[] = []): AccessRequest {
  const route = parseRoute(path)
  if (route === undefined) throw new Error('no route')
  const headers = authorization === undefined ? {} : { authorization }
  return {
    id: 'x',
    method: 'GET',
    route,
    headers,
    client: { address: '10.0.0.1', port: 1, host: 'r', isEncrypted: false },
    tellAccount: (name) => void told.push(name),
  }
}

test('/v2/ asks to log in, though there is something for everybody', async (t) => {
  const none = { required: [], optional: [] }
  t.is(await statusOf(undefined, none, '/v2/'), 401)
  t.is(await statusOf(right, none, '/v2/'), 200)
  t.is(await statusOf(`Basic ${basic(':')}`, none, '/v2/'), 401)
  t.is(await statusOf(undefined, none, '/v2/_oci/ext/discover'), 200)
  const open = createAuthorize({ rules: () => rules, schemes: [] })
  t.truthy(open(requestFor('/v2/'), none), 'where nobody can, nobody must')
  t.truthy(open(requestFor('/v2/', right), none), 'nor is anybody refused for trying')
})

test('a grant lets mount from, and list, what may be pulled alone, and tells who asks', async (t) => {
  const told: string[] = []
  const authorize = createAuthorize({ rules: () => rules, schemes: [scheme] })
  const wish = { required: [to('team/a', 'push')], optional: [parseName('other')] }
  const grant = await authorize(requestFor('/v2/team/a/blobs/uploads/', right, told), wish)
  t.deepEqual(
    ['team/b', 'public', 'other', 'team/b/c'].map((name) => grant.mayPull(parseName(name))),
    [true, true, false, false],
  )
  t.is(grant.subject, 'ann')
  t.deepEqual([...new Set(told)], ['ann'])
})

test('only names of accounts that there are come into the log', async (t) => {
  for (const [text, names] of [
    ['ann:two', ['ann']],
    ['hunter2:x', []],
  ] as const) {
    const told: string[] = []
    const authorize = createAuthorize({ rules: () => rules, schemes: [scheme] })
    const request = requestFor('/v2/', `Basic ${basic(text)}`, told)
    await t.throwsAsync(async () => authorize(request, { required: [], optional: [] }), { message: /not valid/ })
    t.deepEqual(told, [...names])
  }
})

test('where another token would do, the answer asks for it', (t) => {
  const asker: Asker = {
    subject: known,
    allows: () => false,
    publishes: () => false,
    mayListCatalog: false,
    couldBeAllowed: (one) => one !== catalog,
  }
  const bearer: LoginScheme = {
    name: 'bearer',
    identify: () => asker,
    challenge: ({ reason }) => `Bearer error="${reason}"`,
  }
  const authorize = createAuthorize({ rules: () => rules, schemes: [bearer, scheme] })
  const request = requestFor('/v2/a/tags/list', 'Bearer x')
  const asked = (required: readonly Access[]): unknown => authorize(request, { required, optional: [] })
  t.like(
    t.throws(() => asked([to('team/a', 'pull')]), { instanceOf: RegistryError }),
    {
      status: 401,
      headers: { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' },
    },
  )
  t.is(t.throws(() => asked([to('team/a', 'pull'), catalog]), { instanceOf: RegistryError })?.status, 403)
})

test('who did not log in is none who publishes, even where everybody may push', async (t) => {
  const open = createRules([{ repositories: ['**'], who: ['anonymous'], actions: ['pull', 'push'] }])
  const authorize = createAuthorize({
    rules: () => open,
    schemes: [basicScheme({ accounts, rules: () => open, realm: () => 'r' })],
  })
  const publishes = async (authorization: string | undefined): Promise<unknown> => {
    const wish = { required: [to('public', 'pull', 'push')], optional: [] }
    const grant = await authorize(requestFor('/v2/public/tags/list', authorization), wish)
    return grant.publishes?.(parseName('public'))
  }
  t.deepEqual(await Promise.all([undefined, right].map(publishes)), [false, true])
})
