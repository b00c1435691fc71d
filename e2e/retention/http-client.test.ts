import { once } from 'node:events'
import { statSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { registryErrors } from '../../registry/client/errors.ts'
import { type RemoteRetention, remoteRetention } from '../../retention/http/client.ts'
import { overHttp } from '../../retention/http/over-http.ts'
import { overSocket } from '../../retention/http/over-socket.ts'
import { serveOwner } from '../../retention/http/owner-socket.ts'
import { PolicyRefused } from '../../retention/policy/policy-refused.ts'
import {
  ageing,
  all,
  fillModel,
  type OpenModel,
  type OpenModelOptions,
  openModel,
  previewed,
  start,
} from '../../retention/run/testing/open-model.ts'
import type { Credentials } from '../../shared/net/auth/credentials.ts'
import { createHttpClient } from '../../shared/net/http/client.ts'
import { usualRetries } from '../../shared/net/retry.ts'
import { portOf } from '../../shared/web/testing/asking.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import { apiScene, sourceOf } from './testing/api-scene.ts'

interface Reached extends OpenModel {
  readonly remote: RemoteRetention
  readonly refreshed: readonly (string | undefined)[]
  /** Who did what another process asked for. */
  readonly by: string
}

async function bySocket(t: ExecutionContext, options: OpenModelOptions = {}): Promise<Reached> {
  const opened = await openModel(options)
  const { source, refreshed } = sourceOf(opened)
  const socket = join(temporaryFolder(t), 'admin.sock')
  const log = { error: (message: string) => t.log(message) }
  const stop = await serveOwner({ sources: () => new Map([['registry', source]]), version: '1', log }, socket)
  t.teardown(stop)
  t.is(statSync(socket).mode & 0o777, 0o600)
  return { ...opened, refreshed, remote: remoteRetention(overSocket(socket), 'registry'), by: 'Änne K.' }
}

function elsewhere(
  t: ExecutionContext,
  port: number,
  login: readonly [string, string] = ['ann', 'anns'],
): RemoteRetention {
  const client = createHttpClient({ userAgent: 'test/1' })
  const [username, password] = login
  const credentials = async (): Promise<Credentials> => ({ kind: 'password', username, password })
  const transport = overHttp({
    origin: new URL(`http://127.0.0.1:${port}`),
    client,
    credentials: { find: credentials },
    retries: usualRetries,
    errors: registryErrors,
    onNotice: (text) => t.log(text),
  })
  const remote = remoteRetention(transport, 'registry')
  t.teardown(() => remote.close())
  return remote
}

async function byHttp(t: ExecutionContext, options: OpenModelOptions = {}): Promise<Reached> {
  const scene = await apiScene(t, options)
  return { ...scene, remote: elsewhere(t, scene.registry.port), by: 'ann' }
}

const ways = { 'over the socket': bySocket, 'over HTTP': byHttp }
for (const [way, reach] of Object.entries(ways)) {
  test(`${way} a policy is set, planned, applied and undone as in the process`, async (t) => {
    const { remote, service, model, by, refreshed, clock } = await reach(t)
    fillModel(model)
    const before = model.state()
    const set = await remote.policies.set(ageing('propose'), 'Änne K.')
    t.like(set, { version: 1, by, text: ageing('propose') })
    t.deepEqual(timeless(await remote.policies.show()), timeless(await service.policies.show()))
    t.deepEqual(timeless(await remote.policies.show(0)), timeless(await service.policies.show(0)))
    t.deepEqual(timeless(await remote.policies.versions()), timeless(await service.policies.versions()))
    t.deepEqual(
      timeless(await remote.policies.check('version: 2')),
      timeless(await service.policies.check('version: 2')),
    )
    const lines = (asked: typeof service): Promise<unknown> => previewed(asked, { only: 'delete' })
    t.deepEqual(timeless(await lines(remote)), timeless(await lines(service)))
    t.deepEqual(timeless(linesIn(await all(remote.previewText({})))), timeless(await previewed(service)))
    t.deepEqual(timeless(linesIn(await all(service.previewText({})))), timeless(await previewed(service)))
    const other = remote.preview({ text: ageing('enforce'), plan: { only: ['other'], order: 'oldest' } })
    await t.throwsAsync(all(other), { code: 'USAGE', message: /no rule set "other"/ })
    const plan = await remote.plan('Änne K.', { cause: 'a test' })
    t.like(plan, { by, cause: 'a test', state: 'waiting' })
    t.deepEqual(timeless(await remote.plans()), timeless(await service.plans()))
    t.deepEqual(timeless(await all(remote.planned(plan.id))), timeless(await all(service.planned(plan.id))))
    const run = await remote.apply(plan.id, 'Änne K.')
    t.like(run, { by, removed: 3, state: 'done' })
    t.deepEqual(timeless(await remote.runs(5)), timeless(await service.runs(5)))
    t.deepEqual(timeless(await remote.trash({ limit: 2 })), timeless(await service.trash({ limit: 2 })))
    t.deepEqual(timeless(await remote.status()), timeless(await service.status()))
    t.is((await remote.undo(run.id, 'Änne K.')).restored.length, 3)
    t.deepEqual(model.state(), before)
    t.deepEqual(timeless(await remote.explain('team/app:old-1')), timeless(await service.explain('team/app:old-1')))
    t.deepEqual(timeless(await all(remote.audit({ after: 2 }))), timeless(await all(service.audit({ after: 2 }))))
    t.like((await all(remote.audit())).at(-1), { by, action: 'undo' })
    t.like(await remote.run('Änne K.', { only: ['old'] }), { state: 'planned', by })
    t.like(await remote.policies.revert(0, 'Änne K.'), { version: 2, restores: 0, by })
    t.deepEqual(await remote.purge('due', 'Änne K.'), { purged: 0, bytes: 0 })
    const said = { digests: [`sha256:${'ab'.repeat(32)}`], until: clock.now + 1000 }
    await remote.inUse.report('k8s:a', said)
    t.deepEqual(await remote.inUse.list(), [{ reporter: 'k8s:a', at: clock.now, ...said }])
    await remote.mirror.refreshNow()
    await remote.mirror.refreshNow('busybox')
    t.deepEqual(refreshed, [undefined, 'busybox'])
  })

  test(`${way} errors come as they are thrown in the process`, async (t) => {
    const { remote, service, model, clock } = await reach(t, { policy: ageing('enforce') })
    fillModel(model)
    const refused = await t.throwsAsync(remote.policies.set('version: 1\nmode: on', 'bob'), {
      instanceOf: PolicyRefused,
    })
    t.deepEqual(refused?.problems, (await service.policies.check('version: 1\nmode: on')).problems)
    const unsaved = await t.throwsAsync(previewed(remote, { text: 'version: 2' }), { instanceOf: PolicyRefused })
    t.is(unsaved?.problems[0]?.path, 'version')
    const run = await remote.run('bob')
    await remote.purge('all', 'bob')
    await t.throwsAsync(remote.undo(run.id, 'bob'), { code: 'RETENTION_PURGED' })
    for (const call of [
      remote.undo('x', 'bob'),
      remote.apply('x', 'bob'),
      remote.policies.show(9),
      remote.explain('a/b:c'),
    ])
      await t.throwsAsync(call, { code: 'OBJECT_NOT_FOUND' })
    const plan = await remote.plan('bob')
    clock.now += 2 * 3_600_000
    await t.throwsAsync(remote.apply(plan.id, 'bob'), { code: 'RETENTION_PLAN_EXPIRED' })
  })

  test(`${way} the error of a preview in its midst is told`, async (t) => {
    let items = 0
    const { remote, model } = await reach(t, {
      pageSize: 1,
      onCall: ({ what }) => {
        if (what === 'items' && ++items > 3) throw new Error('the disk is gone')
      },
    })
    fillModel(model, 20)
    const found: unknown[] = []
    const reading = (async () => {
      for await (const page of remote.preview({})) found.push(page)
    })()
    await t.throwsAsync(reading, { code: 'SERVER_FAILED' })
    items = 0
    await t.throwsAsync(all(remote.previewText({})), { code: 'SERVER_FAILED' })
  })

  test(`${way} a preview ends when who asked goes`, async (t) => {
    let asked = 0
    const { remote, model } = await reach(t, {
      pageSize: 10,
      onCall: async ({ what }) => {
        if (what === 'items') asked++
        await turn()
      },
    })
    for (let i = 0; i < 50_000; i++) model.content.push(`team/a${i % 50}`, `t${i}`, { at: start })
    for await (const [line] of remote.preview({ text: ageing('propose') })) {
      t.is(line?.kind, 'decision')
      break
    }
    for (let [before, still] = [asked, 0]; still < 1000; [before, still] = [asked, asked === before ? still + 1 : 0])
      await turn()
    t.true(asked < 5000, `${asked} of 5000 pages`)
  })
}

function linesIn(pieces: readonly (string | Uint8Array)[]): readonly unknown[] {
  return pieces
    .map((piece) => Buffer.from(piece).toString())
    .join('')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line))
}

/** Lets all go on that can. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

/** Without what a clock made, and keys that are undefined. */
function timeless(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, one: unknown) => (key === 'milliseconds' ? 0 : one)))
}

test('over HTTP somebody who may not is told, with what he would need', async (t) => {
  const { registry } = await apiScene(t)
  const bob = elsewhere(t, registry.port, ['bob', 'bobs'])
  t.like(await bob.status(), { source: 'registry' })
  await t.throwsAsync(bob.run('bob'), { code: 'REGISTRY_DENIED', message: /this needs policy:approve/ })
  await t.throwsAsync(elsewhere(t, registry.port, ['ann', 'wrong']).status(), { code: 'REGISTRY_DENIED' })
})

test('who asks ends what is being applied; the same call goes on', async (t) => {
  const stop = new AbortController()
  const { promise: gone, resolve: isGone } = Promise.withResolvers<void>()
  let removed = 0
  const { remote, model, service } = await bySocket(t, {
    policy: ageing('propose'),
    onCall: async ({ what, when }) => {
      if (what !== 'remove' || when !== 'after' || ++removed !== 40) return
      stop.abort()
      await gone
    },
  })
  fillModel(model, 400)
  const { id } = await remote.plan('bob')
  await t.throwsAsync(remote.apply(id, 'bob', stop.signal), { name: 'AbortError' })
  for (let i = 0; i < 1000; i++) await turn() // the server is told of the end of the connection
  isGone()
  while ((await service.runs(1))[0]?.state !== 'stopped') await turn()
  t.true(removed < 400)
  t.like(await remote.apply(id, 'bob'), { state: 'done', removed: 400 })
})

test('another server, nonsense, and an answer that is cut short are no retention', async (t) => {
  const answers: Readonly<Record<string, string>> = {
    '/api/gc/v1/registry/status': '{"source":"registry"}',
    '/api/gc/v1/registry/plans': 'nonsense',
    '/api/gc/v1/registry/audit': '{"number":1,"at":1,"by":"a","action":"b","about":null,"hash":"c"}\n{"numb',
  }
  const server = createServer(({ url = '' }, response) => {
    const found = answers[url]
    response.writeHead(found === undefined ? 404 : 200).end(found ?? '<html>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const remote = elsewhere(t, portOf(server))
  await t.throwsAsync(remote.status(), { code: 'SERVER_FAILED', message: /canUndo: is missing/ })
  await t.throwsAsync(remote.plans(), { code: 'SERVER_FAILED', message: /is no JSON/ })
  await t.throwsAsync(all(remote.audit()), { code: 'SERVER_FAILED', message: /ends within a line/ })
  await t.throwsAsync(remote.runs(1), { code: 'SERVER_FAILED' })
})

test('where nobody listens the socket says so', async (t) => {
  const remote = remoteRetention(overSocket(join(temporaryFolder(t), 'admin.sock')), 'registry')
  await t.throwsAsync(remote.status(), { code: 'ENOENT' })
})
