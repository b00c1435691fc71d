import test from 'ava'
import { standIn } from '../testing/stand-in.ts'
import { createHttpClient } from './client.ts'
import { HttpFailure } from './failure.ts'
import { isLoopback } from './loopback.ts'
import { readBody } from './read-body.ts'
import { nextPlace, sendFollowing } from './redirect.ts'
import type { HttpAnswer } from './types.ts'

function get(t: { teardown(fn: () => unknown): void }, url: string): Promise<HttpAnswer> {
  const http = createHttpClient({ userAgent: 'test/1' })
  t.teardown(() => http.close())
  return sendFollowing(http, new URL(url), (place, { isTrusted }) => ({
    method: 'GET',
    url: place,
    headers: isTrusted ? { authorization: 'secret' } : {},
  }))
}

test('credentials go with a redirect to the same origin, to no other one, and not back again', async (t) => {
  const other = await standIn(t, (_, response) =>
    response.writeHead(307, { location: `http://${first.host}/end` }).end(),
  )
  const first = await standIn(t, (request, response) => {
    const next: Record<string, string> = { '/': '/same', '/same': `http://${other.host}/away` }
    const location = next[request.url ?? '']
    if (location === undefined) response.end('there')
    else response.writeHead(302, { location }).end('on')
  })
  const answer = await get(t, `http://${first.host}/`)
  t.is(String(await readBody(answer, 100)), 'there')
  const shown = (asked: typeof first.asked): unknown[] =>
    asked.map(({ target, headers }) => [target, headers.authorization])
  t.deepEqual(shown(first.asked), [
    ['/', 'secret'],
    ['/same', 'secret'],
    ['/end', undefined],
  ])
  t.deepEqual(shown(other.asked), [['/away', undefined]])
})

for (const [title, next, pattern] of [
  ['in a circle', (path: string) => (path === '/a' ? '/b' : '/a'), /in a circle/],
  ['to itself', (path: string) => path, /in a circle/],
  ['without end', (path: string) => `${path}x`, /more than 10 times/],
  ['to no address', () => 'http://', /no address/],
  ['to another protocol', () => 'file:///etc/passwd', /no address/],
] as const) {
  test(`a redirect ${title} is refused`, async (t) => {
    const { host, asked } = await standIn(t, (request, response) =>
      response.writeHead(307, { location: next(request.url ?? '') }).end(),
    )
    const error = await t.throwsAsync(get(t, `http://${host}/a`), { instanceOf: HttpFailure })
    t.is(error.kind, 'redirect')
    t.regex(error.message, pattern)
    t.true(asked.length <= 11)
  })
}

test('a redirect without a place is an answer', async (t) => {
  const { host } = await standIn(t, (_, response) => response.writeHead(304).end())
  t.is((await get(t, `http://${host}/`)).status, 304)
})

for (const [from, to, isAllowed] of [
  ['https://a.test/', 'https://b.test/', true],
  ['http://a.test/', 'https://a.test/', true],
  ['https://a.test/', 'http://a.test/', false],
  ['https://a.test/', 'https://127.0.0.1/', false],
  ['https://a.test/', 'https://localhost:5000/', false],
  ['https://a.test/', 'https://[::1]/', false],
  ['https://a.test/', 'https://[::ffff:127.0.0.1]/', false],
  ['https://a.test/', 'https://2130706433/', false],
  ['https://a.test/', 'https://169.254.169.254/latest', false],
  ['https://a.test/', 'https://[::ffff:169.254.169.254]/latest', false],
  ['https://a.test/', 'https://[::ffff:0.0.0.0]/', false],
  ['https://a.test/', 'https://[fe80::1]/', false],
  ['https://a.test/', 'https://10.0.0.1/', true],
  ['http://169.254.1.1:5000/', 'http://169.254.1.1:5001/', true],
  ['http://127.0.0.1:5000/', 'http://127.0.0.1:5001/', true],
] as const) {
  test(`from ${from} to ${to}`, (t) => {
    if (isAllowed) t.is(nextPlace(to, new URL(from)).href, to)
    else t.throws(() => nextPlace(to, new URL(from)), { instanceOf: HttpFailure })
  })
}

test('this machine by its names and addresses', (t) => {
  for (const host of ['localhost', 'LOCALHOST.', 'a.localhost', '127.0.0.1', '127.9.9.9', '::1', '::ffff:7f00:1'])
    t.true(isLoopback(host), host)
  for (const host of ['localhost.test', '128.0.0.1', '127.test', '127.0.0.1.test', '::2', 'local'])
    t.false(isLoopback(host), host)
})
