import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { createLog } from '../../shared/log/log.ts'
import { formOf } from '../http/testing/served.ts'
import { WebError } from '../http/web-error.ts'
import { TestCollection } from '../tuf/testing/collection.ts'
import { newKey, testKey } from '../tuf/testing/keys.ts'
import type { ServerAccess } from './access.ts'
import { besideReader } from './config/read.ts'
import type { NotaryConfig } from './config/schema.ts'
import { type OpenNotary, openNotary } from './open-notary.ts'
import { type NotaryServer, startNotary } from './server.ts'

interface Running {
  readonly root: string
  readonly server: NotaryServer
  readonly notary: OpenNotary
  readonly log: () => string
  readonly ask: (path: string, options?: Asked) => Promise<Answer>
}

interface Asked {
  readonly url?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string | Uint8Array
}

interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
}

const gun = 'localhost:5000/team/app'

function configOf(object: object): NotaryConfig {
  return besideReader.configOf([besideReader.settingsOf({ listen: '127.0.0.1:0', ...object }, 'c.yml')])
}

/** A notary in a folder of its own, until the test is over. */
async function start(t: ExecutionContext, object: object = {}, access?: ServerAccess): Promise<Running> {
  const root = temporaryFolder(t)
  const lines: string[] = []
  const log = createLog({ level: 'debug', format: 'json' }, { write: (text) => lines.push(text), isTerminal: false })
  const inForce = { config: configOf(object) }
  const notary = await openNotary({ root, config: inForce.config, passphrase: undefined, log })
  t.teardown(() => notary.service.close())
  const server = await startNotary({ root, inForce, notary, log, access, drain: () => 10_000 })
  t.teardown(async () => void (await server.stop()))
  const ca = server.authority === undefined ? undefined : readFileSync(server.authority)
  return {
    root,
    server,
    notary,
    log() {
      log.flush()
      return lines.join('')
    },
    ask: (path, { url = server.url, body, ...asked } = {}) => answerOf(begin(url + path, { ca, ...asked }), body),
  }
}

function begin(url: string, options: object): ClientRequest {
  const open = url.startsWith('https:') ? httpsRequest : httpRequest
  return open(url, { servername: 'localhost', agent: false, ...options })
}

async function answerOf(request: ClientRequest, body: Asked['body']): Promise<Answer> {
  request.end(body)
  const answered: Promise<IncomingMessage[]> = once(request, 'response')
  const [response] = await answered
  if (response === undefined) throw new Error('no response')
  const text = Buffer.concat(await response.toArray()).toString()
  return { status: response.statusCode ?? 0, headers: response.headers, text }
}

/** Publishes a new collection as a stock client does. */
async function publish({ ask }: Pick<Running, 'ask'>, { notary }: Pick<Running, 'notary'>): Promise<number> {
  const made = new TestCollection({ gun })
  const key = await notary.service.key(made.gun, 'timestamp')
  made.rotate('timestamp', [testKey(newKey('ed25519').privateKey, key)]).signWith('root', made.keysOf('root'))
  const { files } = await made.publish()
  const sent = formOf([...files].filter(([role]) => role !== 'timestamp'))
  const headers = { 'Content-Type': `multipart/form-data; boundary=a1b2c3` }
  return (await ask(`/v2/${gun}/_trust/tuf/`, { method: 'POST', headers, body: sent.body })).status
}

test('a new data folder gets a CA, which clients can trust, and the server is well', async (t) => {
  const { root, server, ask } = await start(t)
  t.is(server.authority, join(root, 'notary/tls/ca.crt'))
  t.is(statSync(join(root, 'notary/tls/ca.key')).mode & 0o777, 0o600)
  t.regex(server.url, /^https:\/\/127\.0\.0\.1:\d+$/)
  const health = await ask('/_notary_server/health')
  t.deepEqual([health.status, health.text], [200, '{}'])
  t.is((await ask('/v2/')).text, '{}')
  await t.throwsAsync(answerOf(begin(`${server.url}/v2/`, {}), ''), { message: /certificate/ })
})

test('a publish is counted and logged, and metrics tell how long its timestamp is good for', async (t) => {
  const running = await start(t, { tls: { mode: 'off' } })
  t.notRegex((await running.ask('/metrics')).text, /^ibuild_notary_min_remaining_validity_seconds \d/m)
  t.is(await publish(running, running), 200)
  const { text } = await running.ask('/metrics')
  t.regex(text, /^ibuild_notary_publishes_total\{outcome="published"\} 1$/m)
  t.regex(text, /^ibuild_notary_requests_total\{route="collection",method="POST",status="200"\} 1$/m)
  t.regex(text, /^ibuild_notary_healthy 1$/m)
  const [, left] = /^ibuild_notary_min_remaining_validity_seconds (\S+)$/m.exec(text) ?? []
  t.true(Number(left) > 13 * 86_400 && Number(left) <= 14 * 86_400, left)
  t.regex(running.log(), /"method":"POST","route":"collection","gun":"localhost:5000\/team\/app","status":200/)
  t.false(running.log().includes(readFileSync(join(running.root, 'notary/signer/signer.key'), 'utf8').trim()))
  t.is((await running.ask('/metrics', { headers: { 'X-Forwarded-For': '10.0.0.1' } })).status, 404)
})

test('operators have an address of their own, at which no collection is served', async (t) => {
  const { server, ask } = await start(t, { metrics: { listen: '127.0.0.1:0' } })
  const url = server.metricsUrl ?? ''
  for (const path of ['/metrics', '/_notary_server/health']) t.is((await ask(path, { url })).status, 200, path)
  for (const path of ['/v2/', `/v2/${gun}/_trust/tuf/root.json`, `/v2/${gun}/_trust/tuf/timestamp.key`])
    t.is((await ask(path, { url })).status, 404, path)
})

test('another configuration is in force as far as that goes while the server runs', async (t) => {
  const { server, ask } = await start(t, { tls: { mode: 'off' } })
  const changes = await server.apply(configOf({ tls: { mode: 'off' }, headers: { 'X-A': 'b' }, listen: ':1' }))
  t.deepEqual(changes, { live: ['headers'], atRestart: ['listen'] })
  t.is((await ask('/v2/')).headers['x-a'], 'b')
})

test('health says what does not work, without paths', async (t) => {
  const { notary, ask } = await start(t)
  await notary.service.close()
  const { status, text } = await ask('/_notary_server/health')
  t.is(status, 503)
  t.regex(text, /^\{"(?:DB|Trust) operational":"[^"/]+"/)
  const told = await ask('/_notary_server/health', { headers: { 'X-Forwarded-For': '10.0.0.1' } })
  t.is(told.status, 503)
  t.regex(told.text, /^\{"DB operational":"it does not work; the server itself says why"/)
})

test('an upload that is on its way ends before the server does, and no new one begins', async (t) => {
  const { server, ask } = await start(t, { tls: { mode: 'off' } })
  const headers = { 'Content-Type': 'multipart/form-data; boundary=a', 'Content-Length': '6' }
  const slow = begin(`${server.url}/v2/${gun}/_trust/tuf/`, { method: 'POST', headers })
  slow.write('--')
  const answered = answerOfLater(slow)
  await until(async () => /^ibuild_notary_requests_in_progress 2$/m.test((await ask('/metrics')).text))
  const stopped = server.stop()
  await t.throwsAsync(ask('/v2/'), { code: 'ECONNREFUSED' })
  slow.end('a---')
  t.is((await answered).statusCode, 400)
  t.true(await stopped)
})

async function answerOfLater(request: ClientRequest): Promise<IncomingMessage> {
  const answered: Promise<IncomingMessage[]> = once(request, 'response')
  const [response] = await answered
  if (response === undefined) throw new Error('no response')
  response.resume()
  return response
}

async function until(look: () => Promise<boolean>): Promise<void> {
  if (!(await look())) await until(look)
}

test('who may do what is asked for all but the pages, and tokens are given where clients came to', async (t) => {
  const wishes: unknown[] = []
  let isOpen = false
  const access: ServerAccess = {
    authorize(_, wish) {
      wishes.push(wish)
      throw new WebError(401, 'UNAUTHORIZED', 'authentication required', { headers: { 'WWW-Authenticate': 'Bearer' } })
    },
    isOpen: () => isOpen,
    tokenPages: (_, response) => response.end('a token'),
  }
  const { ask, notary } = await start(t, { tls: { mode: 'off' } }, access)
  t.is((await ask('/token?scope=x')).text, 'a token')
  t.is((await ask('/_notary_server/health')).status, 200)
  const tuf = `/v2/${gun}/_trust/tuf/`
  const asked = [
    ['GET', '/v2/', { kind: 'base' }],
    ['GET', `${tuf}timestamp.json`, { kind: 'collection', gun, actions: ['pull'] }],
    ['HEAD', `${tuf}1.root.json`, { kind: 'collection', gun, actions: ['pull'] }],
    ['POST', tuf, { kind: 'collection', gun, actions: ['pull', 'push'] }],
    ['GET', `${tuf}snapshot.key`, { kind: 'collection', gun, actions: ['pull', 'push'] }],
    ['POST', `${tuf}timestamp.key`, { kind: 'collection', gun, actions: ['*'] }],
    ['DELETE', tuf, { kind: 'collection', gun, actions: ['*'] }],
    ['GET', `/v2/${gun}/_trust/changefeed?records=1`, { kind: 'collection', gun, actions: ['pull'] }],
    ['GET', '/v2/_trust/changefeed?records=1', { kind: 'catalog' }],
  ] as const
  for (const [method, path] of asked) {
    const answer = await ask(path, { method })
    t.deepEqual([answer.status, answer.headers['www-authenticate']], [401, 'Bearer'], `${method} ${path}`)
  }
  t.deepEqual(
    wishes,
    asked.map(([, , wish]) => wish),
  )
  t.deepEqual(await notary.service.collections({ limit: 1 }), [])
  isOpen = true
  t.is((await ask(`${tuf}timestamp.json`)).status, 401, 'what is not in memory is asked for')
})
