import { writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import type { Credentials } from '../../shared/net/auth/credentials.ts'
import { tokenServer as serverOf } from '../../shared/net/auth/token.ts'
import { bodyOf, type StandIn, sendJson, standIn, testAuthority } from '../../shared/net/testing/stand-in.ts'
import { registryErrors } from './errors.ts'
import { collected, failsWith, testClient } from './testing/client.ts'
import type { RegistryClient } from './types.ts'

const bob: Credentials = { kind: 'password', username: 'bob', password: 'pässword' }
const basicOf = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

interface Options {
  readonly credentials?: Credentials
  /** The token server's answer; by default a token that names its number. */
  readonly tokens?: (request: IncomingMessage, response: ServerResponse, number: number) => unknown
  /** Whether the registry takes what it gets. */
  readonly isGood?: (authorization: string | undefined) => boolean
  readonly challenge?: (realm: string) => string
}

interface Parts {
  readonly client: RegistryClient
  readonly registry: StandIn
  readonly tokenServer: StandIn
  readonly notices: string[]
}

async function parts(t: ExecutionContext, options: Options = {}): Promise<Parts> {
  let number = 0
  const tokenServer = await standIn(t, (request, response) => {
    number++
    return options.tokens === undefined
      ? sendJson(response, { token: `t${number}` })
      : options.tokens(request, response, number)
  })
  const isGood = options.isGood ?? ((text) => text?.startsWith('Bearer t') === true)
  const registry = await standIn(t, (request, response) => {
    if (isGood(request.headers.authorization)) return sendJson(response, { tags: ['x'], repositories: ['r'] })
    const realm = `http://${tokenServer.host}/token`
    response.setHeader('www-authenticate', options.challenge?.(realm) ?? `Bearer realm="${realm}",service="svc"`)
    return sendJson(response, { errors: [{ code: 'UNAUTHORIZED', message: 'who are you?' }] }, 401)
  })
  const notices: string[] = []
  const client = testClient(t, {
    credentials: { find: (domain) => Promise.resolve(domain === registry.host ? options.credentials : undefined) },
    onNotice: (text) => notices.push(text),
  })
  return { client, registry, tokenServer, notices }
}

const tagsOf = ({ client, registry }: Parts, path = 'a/b'): Promise<string[]> =>
  collected(client.repository({ domain: registry.host, path }).tags())
const query = (stand: StandIn, at = 0): URLSearchParams =>
  new URL(stand.asked[at]?.target ?? '', 'http://x').searchParams

for (const { title, credentials, asked } of [
  { title: 'who has credentials asks how to log in', credentials: bob, asked: ['/v2/', 'tags', '/v2/', 'tags'] },
  { title: 'who has none is told why', credentials: undefined, asked: ['/v2/', 'tags'] },
]) {
  test(`what is refused to somebody, where others may read: ${title}`, async (t) => {
    const registry = await standIn(t, ({ url, headers }, response) => {
      if (headers.authorization === basicOf('bob:pässword')) return sendJson(response, { tags: ['x'] })
      response.setHeader('www-authenticate', url === '/v2/' ? 'Basic realm="r"' : '')
      return sendJson(response, { errors: [{ code: 'DENIED', message: 'not signed' }] }, url === '/v2/' ? 401 : 403)
    })
    const client = testClient(t, { credentials: { find: () => Promise.resolve(credentials) } })
    const tags = collected(client.repository({ domain: registry.host, path: 'a/b' }).tags())
    if (credentials === undefined) t.regex((await failsWith(t, 'REGISTRY_DENIED', tags)).message, /not signed/)
    else t.deepEqual(await tags, ['x'])
    t.deepEqual(
      registry.asked.map(({ target }) => (target.includes('/tags/') ? 'tags' : target)),
      asked,
    )
  })
}

test('without credentials a token is asked for without, once, and kept', async (t) => {
  const all = await parts(t)
  t.deepEqual(await tagsOf(all), ['x'])
  t.deepEqual(await tagsOf(all), ['x'])
  t.is(all.tokenServer.asked.length, 1)
  t.is(all.tokenServer.asked[0]?.headers.authorization, undefined)
  t.deepEqual(
    [query(all.tokenServer).get('service'), query(all.tokenServer).getAll('scope')],
    ['svc', ['repository:a/b:pull']],
  )
})

test('a token is for one repository', async (t) => {
  const all = await parts(t)
  await tagsOf(all, 'a')
  await tagsOf(all, 'b')
  t.deepEqual(
    [0, 1].map((at) => query(all.tokenServer, at).get('scope')),
    ['repository:a:pull', 'repository:b:pull'],
  )
})

test('user and password go to the token server as Basic, the token to the registry', async (t) => {
  const all = await parts(t, { credentials: bob })
  await tagsOf(all)
  t.is(all.tokenServer.asked[0]?.headers.authorization, basicOf('bob:pässword'))
  t.is(query(all.tokenServer).get('account'), 'bob')
  t.false(all.registry.asked.some(({ headers }) => headers.authorization?.startsWith('Basic') === true))
})

test('a scope that the registry asks for is asked for too', async (t) => {
  const all = await parts(t, {
    challenge: (realm) => `Bearer realm="${realm}",scope="repository:a/b:pull repository:base:pull"`,
  })
  await tagsOf(all)
  t.deepEqual(query(all.tokenServer).getAll('scope'), ['repository:a/b:pull', 'repository:base:pull'])
})

test('a catalog has a scope of its own', async (t) => {
  const all = await parts(t)
  t.deepEqual(await collected(all.client.catalog(all.registry.host)), ['r'])
  t.is(query(all.tokenServer).get('scope'), 'registry:catalog:*')
})

test('a token that is over, or refused in the middle, is asked for anew', async (t) => {
  let good = 'Bearer t1'
  const all = await parts(t, { isGood: (text) => text === good })
  await tagsOf(all)
  good = 'Bearer t2'
  await tagsOf(all)
  t.is(all.tokenServer.asked.length, 2)
})

test('a fresh token that is refused is the end', async (t) => {
  const all = await parts(t, { isGood: () => false, credentials: bob })
  const error = await failsWith(t, 'REGISTRY_DENIED', tagsOf(all))
  t.regex(error.message, /who are you\?/)
  t.true(all.tokenServer.asked.length <= 2)
})

test('many requests at once ask for one token', async (t) => {
  const all = await parts(t)
  await all.client.ping(all.registry.host)
  await Promise.all(Array.from({ length: 10 }, () => tagsOf(all)))
  t.is(all.tokenServer.asked.filter(({ target }) => target.includes('repository')).length, 1)
})

for (const [title, status, body, code] of [
  ['wrong password', 401, { errors: [{ message: 'incorrect username or password' }] }, 'REGISTRY_DENIED'],
  ['forbidden', 403, {}, 'REGISTRY_DENIED'],
  ['broken for good', 500, {}, 'REGISTRY_FAILED'],
  ['no token', 200, {}, 'REGISTRY_ANSWER_INVALID'],
  ['a token that would be a header of its own', 200, { token: 'a\r\nx: y' }, 'REGISTRY_ANSWER_INVALID'],
  ['a list', 200, [], 'REGISTRY_ANSWER_INVALID'],
] as const) {
  test(`token server: ${title}`, async (t) => {
    const all = await parts(t, { credentials: bob, tokens: (_, response) => sendJson(response, body, status) })
    const error = await failsWith(t, code, tagsOf(all))
    t.false(`${error.message} ${error.hint}`.includes('pässword'))
  })
}

test('token server: access_token is a token too, and one that failed for a moment is asked again', async (t) => {
  const all = await parts(t, {
    tokens: (_, response, number) =>
      number === 1 ? sendJson(response, {}, 503) : sendJson(response, { access_token: 't9' }),
  })
  t.deepEqual(await tagsOf(all), ['x'])
})

test('token server: an answer of megabytes is not read', async (t) => {
  const all = await parts(t, { tokens: (_, response) => sendJson(response, { token: 'x'.repeat(4_000_000) }) })
  await failsWith(t, 'REGISTRY_ANSWER_INVALID', tagsOf(all))
})

test('an identity token is posted as OAuth 2 has it', async (t) => {
  let form = new URLSearchParams()
  const all = await parts(t, {
    credentials: { kind: 'identity', token: 'refresh me' },
    tokens: async (request, response) => {
      form = new URLSearchParams(String(await bodyOf(request)))
      sendJson(response, { access_token: 't1' })
    },
  })
  t.deepEqual(await tagsOf(all), ['x'])
  t.deepEqual(
    ['grant_type', 'refresh_token', 'service', 'scope'].map((key) => form.get(key)),
    ['refresh_token', 'refresh me', 'svc', 'repository:a/b:pull'],
  )
  t.is(all.tokenServer.asked[0]?.target, '/token')
})

test('where nobody takes a form, the identity token goes as Basic', async (t) => {
  const all = await parts(t, {
    credentials: { kind: 'identity', token: 'r', username: 'bob' },
    tokens: (request, response) =>
      request.method === 'POST' ? sendJson(response, {}, 404) : sendJson(response, { token: 't1' }),
  })
  t.deepEqual(await tagsOf(all), ['x'])
  t.is(all.tokenServer.asked[1]?.headers.authorization, basicOf('bob:r'))
})

test('Basic is for the registry itself', async (t) => {
  const all = await parts(t, {
    credentials: bob,
    challenge: () => 'Basic realm="x"',
    isGood: (text) => text === basicOf('bob:pässword'),
  })
  t.deepEqual(await tagsOf(all), ['x'])
  t.is(all.tokenServer.asked.length, 0)
})

test('Basic that is refused is the end; without credentials there is nothing to say', async (t) => {
  const options = { challenge: () => 'Basic realm="x"', isGood: () => false }
  const known = await parts(t, { ...options, credentials: bob })
  await failsWith(t, 'REGISTRY_DENIED', tagsOf(known))
  t.is(known.registry.asked.filter(({ headers }) => headers.authorization !== undefined).length, 1)
  const unknown = await parts(t, options)
  const error = await failsWith(t, 'REGISTRY_DENIED', tagsOf(unknown))
  t.regex(error.hint ?? '', /ibuild login 127/)
})

for (const challenge of [
  '',
  'Digest realm="x"',
  'garbage',
  'Bearer',
  'Bearer realm=""',
  'Bearer realm="file:///etc/passwd"',
]) {
  test(`a challenge of no use: ${JSON.stringify(challenge)}`, async (t) => {
    const all = await parts(t, { credentials: bob, challenge: () => challenge })
    const error = await t.throwsAsync(tagsOf(all))
    t.true(
      error !== undefined &&
        'code' in error &&
        ['REGISTRY_DENIED', 'REGISTRY_ANSWER_INVALID'].includes(String(error.code)),
    )
    t.is(all.tokenServer.asked.length, 0)
  })
}

test('a registry of https cannot have credentials sent over plain http', async (t) => {
  const authority = testAuthority()
  const caFile = join(temporaryFolder(t), 'ca.crt')
  writeFileSync(caFile, authority.ca)
  const tokenServer = await standIn(t, (_, response) => sendJson(response, { token: 't1' }))
  const registry = await standIn(
    t,
    (_, response) => {
      response.setHeader('www-authenticate', `Bearer realm="http://${tokenServer.host}/token"`)
      sendJson(response, {}, 401)
    },
    { tls: authority.issue('127.0.0.1') },
  )
  const client = testClient(t, {
    hosts: {
      hosts: new Map([[registry.host, { isInsecure: false, caFile }]]),
      insecureNetworks: [],
      isAllInsecure: false,
    },
    credentials: { find: () => Promise.resolve(bob) },
  })
  const error = await failsWith(t, 'REGISTRY_ANSWER_INVALID', client.ping(registry.host))
  t.regex(error.message, /plain http/)
  t.is(tokenServer.asked.length, 0)
})

for (const [realm, registry, isTaken] of [
  ['https://auth.test/token', 'https://registry.test', true],
  ['https://10.0.0.1/token', 'https://registry.test', true],
  ['http://127.0.0.1:5001/token', 'http://127.0.0.1:5000', true],
  ['https://localhost/token', 'https://registry.test', false],
  ['http://127.0.0.1/token', 'http://registry.test', false],
  ['http://169.254.169.254/token', 'http://registry.test', false],
  ['http://[::ffff:169.254.169.254]/token', 'http://registry.test', false],
  ['https://[fe80::1]/token', 'https://registry.test', false],
] as const) {
  test(`${registry} has tokens given by ${realm}${isTaken ? '' : ': refused'}`, (t) => {
    const find = (): URL =>
      serverOf(new Map([['realm', realm]]), {
        registry: new URL(registry),
        domain: 'registry.test',
        errors: registryErrors,
      }).realm
    if (isTaken) t.is(find().href, realm)
    else t.throws(find, { code: 'REGISTRY_ANSWER_INVALID' })
  })
}

test('credentials do not follow a redirect of the token server to another host', async (t) => {
  const thief = await standIn(t, (_, response) => sendJson(response, { token: 't1' }))
  const all = await parts(t, {
    credentials: bob,
    tokens: (_, response) => response.writeHead(307, { location: `http://${thief.host}/x` }).end(),
  })
  await tagsOf(all)
  t.is(thief.asked[0]?.headers.authorization, undefined)
  t.false(thief.asked[0]?.target.includes('bob'))
})

test('an identity token is not posted on to another host', async (t) => {
  const thief = await standIn(t, (_, response) => sendJson(response, { token: 't1' }))
  const all = await parts(t, {
    credentials: { kind: 'identity', token: 'secret' },
    tokens: (_, response) => response.writeHead(307, { location: `http://${thief.host}/x` }).end(),
  })
  await t.throwsAsync(tagsOf(all))
  t.is(thief.asked.length, 0)
})

test('a token that no server would take is refused', async (t) => {
  const all = await parts(t, { tokens: (_, response) => sendJson(response, { token: 't'.repeat(65_537) }) })
  const error = await failsWith(t, 'REGISTRY_ANSWER_INVALID', tagsOf(all))
  t.regex(error.message, /a token of 65537 characters/)
  t.true(error.message.length < 300)
})
