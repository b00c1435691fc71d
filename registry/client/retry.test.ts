import { createServer, type Server } from 'node:http'
import test from 'ava'
import { HttpFailure } from '../../shared/net/http/failure.ts'
import type { HttpAnswer } from '../../shared/net/http/types.ts'
import { isPassing, isPassingFailure, pauseNotices, retryAfter, waitBefore } from '../../shared/net/retry.ts'
import { listening } from '../../shared/net/testing/stand-in.ts'
import { failsWith, testClient } from './testing/client.ts'

const answer = (value: string): HttpAnswer => ({
  status: 503,
  headers: { 'retry-after': value },
  url: new URL('http://x'),
  body: { discard: () => Promise.resolve(), async *[Symbol.asyncIterator]() {} },
})

test('Retry-After in seconds and as a date', (t) => {
  const now = Date.parse('2030-01-01T00:00:00Z')
  for (const [value, expected] of [
    ['0', 0],
    ['7', 7000],
    ['Tue, 01 Jan 2030 00:00:05 GMT', 5000],
    ['Mon, 31 Dec 2029 00:00:00 GMT', 0],
    ['soon', undefined],
    ['-1', undefined],
    ['', undefined],
    ['1.5', undefined],
    ['0x10', undefined],
    ['9999999999', 9_999_999_999_000],
    ['9'.repeat(400), Number.POSITIVE_INFINITY],
    ['Fri, 31 Dec 9999 23:59:59 GMT', Date.parse('9999-12-31T23:59:59Z') - now],
    ['Fri, 99 Foo 9999', undefined],
  ] as const)
    t.is(retryAfter(answer(value), now), expected, value)
})

test('what passes, and what does not', (t) => {
  for (const status of [408, 429, 500, 502, 503, 504]) t.true(isPassing(status), String(status))
  for (const status of [200, 307, 400, 401, 403, 404, 413, 416, 501, 507]) t.false(isPassing(status), String(status))
  for (const kind of ['timeout', 'broken'] as const) t.true(isPassingFailure(new HttpFailure(kind, 'x')), kind)
  for (const kind of ['lookup', 'refused', 'unreachable', 'untrusted', 'plain', 'proxy', 'size'] as const)
    t.false(isPassingFailure(new HttpFailure(kind, 'x')), kind)
  t.false(isPassingFailure(new Error('x')))
})

test('waiting grows, has jitter and a bound, heeds what is asked, and ends with the signal', async (t) => {
  const time = async (failures: number, random: number, asked?: number): Promise<number> => {
    const started = performance.now()
    await waitBefore({ most: 9, delay: 40, longest: 100, random: () => random }, failures, { asked })
    return performance.now() - started
  }
  t.true((await time(1, 0)) >= 19)
  t.true((await time(2, 1)) >= 79)
  t.true((await time(1, 0, 150)) >= 149)
  const started = performance.now()
  await time(9, 1)
  t.true(performance.now() - started < 2000)
  const signal = AbortSignal.timeout(30)
  await t.throwsAsync(waitBefore({ most: 1, delay: 60_000, longest: 60_000, random: () => 1 }, 1, { signal }), {
    name: 'AbortError',
  })
})

test('a long pause that the registry asks for is told, once for all that wait at a time', async (t) => {
  const told: string[] = []
  const onPause = pauseNotices((text) => told.push(text))
  const signal = AbortSignal.timeout(200)
  const rules = { most: 1, delay: 1, longest: 1, random: () => 1, onPause }
  const wait = async (asked: number): Promise<unknown> =>
    waitBefore(rules, 1, { asked, error: new Error('cannot x: stopping'), signal }).catch(() => undefined)
  await wait(100)
  t.deepEqual(told, [])
  await Promise.all([wait(60_000), wait(60_000)])
  t.deepEqual(told, ['cannot x: stopping; trying again in 60 seconds, as the registry asks'])
})

test('however long a registry asks to wait, it is two minutes at most, and it is said', async (t) => {
  for (const asked of [3_600_000, Number.POSITIVE_INFINITY]) {
    const told: [string, number][] = []
    const onPause = (text: string, time: number): unknown => told.push([text, time])
    const rules = { most: 1, delay: 1, longest: 1, random: () => 1, onPause }
    const stop = new AbortController()
    const waiting = waitBefore(rules, 1, { asked, error: new Error('no'), signal: stop.signal })
    stop.abort()
    await t.throwsAsync(waiting)
    t.deepEqual(told, [['no; trying again in 120 seconds, though the registry asks for more', 120_000]])
  }
})

test('a short pause after a first failure is not told, any other is', async (t) => {
  const pauses = async (failures: number, delay: number, error: unknown): Promise<string[]> => {
    const told: string[] = []
    const rules = { most: 9, delay, longest: 60_000, random: () => 1, onPause: (text: string) => told.push(text) }
    const stop = new AbortController()
    const waiting = waitBefore(rules, failures, { error, signal: stop.signal })
    stop.abort()
    await t.throwsAsync(waiting)
    return told
  }
  const broken = new Error('cannot x', { cause: new HttpFailure('broken', 'x') })
  t.deepEqual(await pauses(1, 500, broken), [])
  t.deepEqual(await pauses(2, 500, broken), ['cannot x; trying again in 1 second'])
  t.deepEqual(await pauses(1, 4000, broken), ['cannot x; trying again in 4 seconds'])
  t.deepEqual(await pauses(1, 500, new HttpFailure('timeout', 'it is late')), ['it is late; trying again in 1 second'])
  t.deepEqual(await pauses(3, 500, undefined), [])
})

test('what a registry says when it asks to wait is told', async (t) => {
  const body = '{"errors":[{"code":"UNAVAILABLE","message":"the registry is being stopped"}]}'
  const server = createServer((_, response) => response.writeHead(503, { 'retry-after': '60' }).end(body))
  const port = await listening(server)
  t.teardown(() => server.close())
  const notice = Promise.withResolvers<string>()
  const client = testClient(t, { onNotice: notice.resolve })
  const stop = new AbortController()
  const asked = client.repository({ domain: `127.0.0.1:${port}`, path: 'a' }).manifest('x', { signal: stop.signal })
  t.regex(
    await notice.promise,
    /^cannot read .*: the registry is being stopped \(status 503\); trying again in 60 seconds/,
  )
  stop.abort()
  await t.throwsAsync(asked)
  server.closeAllConnections()
})

test('a registry that is started again meanwhile is waited for; one that never was there is not', async (t) => {
  const listen = async (port = 0): Promise<[Server, number]> => {
    const server = createServer((_, response) => response.end('{"tags":[]}'))
    if (port === 0) return [server, await listening(server)]
    await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve))
    return [server, port]
  }
  const [first, port] = await listen()
  const client = testClient(t, { retries: { most: 6, delay: 100 } })
  await client.ping(`127.0.0.1:${port}`)
  first.closeAllConnections()
  await new Promise((resolve) => void first.close(resolve))
  const later = new Promise<Server>((resolve) => {
    setTimeout(() => void listen(port).then(([server]) => resolve(server)), 400)
  })
  await t.notThrowsAsync(client.ping(`127.0.0.1:${port}`))
  const server = await later
  server.closeAllConnections()
  server.close()
  const started = performance.now()
  await failsWith(t, 'REGISTRY_UNREACHABLE', testClient(t, { retries: { most: 6, delay: 500 } }).ping('127.0.0.1:1'))
  t.true(performance.now() - started < 1000)
})
