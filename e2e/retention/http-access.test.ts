import test, { type ExecutionContext } from 'ava'
import { serve } from '../../registry/http/testing/served.ts'
import { basicOf, bearer } from '../../registry/token/testing/token-registry.ts'
import { createGcAccess, type GcAccessRule } from '../../retention/http/access.ts'
import { gcPaths } from '../../retention/http/api.ts'
import { ageing, fillModel } from '../../retention/run/testing/open-model.ts'
import { type ApiScene, apiScene, type Told, told } from './testing/api-scene.ts'

const root = '/api/gc/v1/registry'

async function asks(
  { registry }: ApiScene,
  [method, path]: readonly [method: string, path: string],
  headers: Record<string, string> = {},
  body?: string,
): Promise<Told> {
  return told(await registry.ask(method, `${root}${path}`, { headers, ...(body !== undefined && { body }) }))
}

test('somebody without a login is told how to log in; a login that is wrong too', async (t) => {
  const scene = await apiScene(t)
  const nobody = await asks(scene, ['GET', '/status'])
  t.is(nobody.status, 401)
  t.regex(String(nobody.headers['www-authenticate']), /^Bearer realm="[^"]+",service="test",scope="registry:gc:\*"$/)
  t.like(nobody.json, { error: { code: 'REGISTRY_DENIED', message: 'log in to do this' } })
  t.is((await asks(scene, ['GET', '/status'], basicOf('ann:bobs'))).status, 401)
  t.is((await asks(scene, ['GET', '/status'], bearer('nonsense'))).status, 401)
  t.is((await asks(scene, ['GET', '/status'], basicOf('ann:anns'))).status, 200)
})

test('a token counts that was asked for the API, and no other', async (t) => {
  const scene = await apiScene(t)
  const { registry } = scene
  const own = bearer(await registry.tokenFor('service=test&scope=registry:gc:*', 'ann:anns'))
  t.is((await asks(scene, ['GET', '/status'], own)).status, 200)
  for (const query of [
    'service=test',
    'service=test&scope=repository:ann:pull,push',
    'service=test&scope=registry:catalog:*',
  ]) {
    const other = await asks(scene, ['GET', '/status'], bearer(await registry.tokenFor(query, 'ann:anns')))
    t.is(other.status, 401, query)
    t.regex(String(other.headers['www-authenticate']), /scope="registry:gc:\*",error="insufficient_scope"/)
  }
  const nobodys = bearer(await registry.tokenFor('service=test&scope=registry:gc:*'))
  t.is((await asks(scene, ['GET', '/status'], nobodys)).status, 401)
})

const needs: readonly (readonly [method: string, path: string, scope: string])[] = [
  ['PUT', '/policy', 'policy:write'],
  ['POST', '/policy/revert', 'policy:write'],
  ['POST', '/plans', 'policy:write'],
  ['POST', '/plans/x/apply', 'policy:approve'],
  ['POST', '/runs', 'policy:approve'],
  ['POST', '/mirror/refresh', 'policy:approve'],
  ['POST', '/undo', 'trash:restore'],
  ['POST', '/purge', 'trash:purge'],
  ['PUT', '/in-use/k8s', 'in-use:report'],
]

test('each call needs its scope: who may read changes nothing', async (t) => {
  const scene = await apiScene(t)
  for (const path of ['/status', '/policy', '/policy/versions', '/plans', '/runs', '/trash', '/audit', '/in-use'])
    t.is((await asks(scene, ['GET', path], basicOf('bob:bobs'))).status, 200, path)
  for (const [method, path, scope] of needs) {
    const refused = await asks(scene, [method, path], basicOf('bob:bobs'))
    t.is(refused.status, 403, path)
    t.like(refused.json, { error: { message: `this needs ${scope}: no rule in retention.access grants you that` } })
  }
  t.is((await scene.service.policies.versions()).length, 1)
})

const delegate: readonly GcAccessRule[] = [
  { who: ['user:ann'], scopes: ['policy:read', 'trash:restore', 'trash:purge'], repositories: ['team/app'] },
]

test('who may see some repositories alone sees, gives back and purges in these alone', async (t) => {
  const scene = await apiScene(t, { rules: delegate, policy: ageing('enforce') })
  const { model, service, clock } = scene
  fillModel(model, 2)
  model.content.push('other/app', 'old', { at: clock.now - 90 * 86_400_000 })
  const preview = await scene.ask('POST', '/preview')
  t.false(preview.text.includes('other/app'), preview.text)
  t.regex(preview.text, /"totals":\{"considered":3,"kept":1,"deleted":2,/)
  t.is((await scene.ask('GET', '/explain?what=team/app:new')).status, 200)
  t.is((await scene.ask('GET', '/explain?what=other/app:old')).status, 404)
  for (const path of ['/status', '/policy', '/plans', '/runs', '/audit', '/in-use'])
    t.is((await scene.ask('GET', path)).status, 403, path)
  const run = await service.run('schedule')
  t.is(run.removed, 3)
  const all = await service.trash()
  const other = all.find(({ repository }) => repository === 'other/app')?.id ?? ''
  t.false((await scene.ask('GET', '/trash')).text.includes('other/app'))
  t.is((await scene.ask('GET', '/trash?limit=1')).text.match(/"runId"/g)?.length, 1)
  t.is((await scene.ask('POST', '/undo', { id: other })).status, 404)
  t.is((await scene.ask('POST', '/purge', { ids: [other] })).status, 404)
  t.is((await scene.ask('POST', '/purge', { what: 'all' })).status, 403)
  const undone = await scene.ask('POST', '/undo', { id: run.id })
  t.is(undone.status, 200)
  t.deepEqual(
    model.state().filter((line) => line.startsWith('other/app:')),
    [],
  )
  t.is((await service.trash()).length, 1, 'the other one is still there')
  t.is((await scene.ask('POST', '/undo', { id: run.id })).status, 404)
})

test('where there are no accounts nobody may, unless a rule is for everybody', async (t) => {
  const at = async (rules: readonly GcAccessRule[]): Promise<number> => {
    const { source } = await apiScene(t)
    const sources = new Map([['registry', source] as const])
    const paths = gcPaths({ sources: () => sources, access: () => createGcAccess(rules), version: '1' })
    const open = await serve(t, { further: paths })
    return (await open.ask('GET', `${root}/status`)).status
  }
  t.is(await at([]), 403)
  t.is(await at([{ who: ['authenticated'], scopes: ['policy:read'] }]), 403)
  t.is(await at([{ who: ['anonymous'], scopes: ['policy:read'] }]), 200)
})

const foreign: readonly Record<string, string>[] = [
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { origin: 'https://evil.example' },
  { origin: 'null' },
  { origin: 'http://127.0.0.1:1' },
]

test('what a page of another site has a browser send is refused', async (t) => {
  const scene = await apiScene(t)
  const json = { ...basicOf('ann:anns'), 'content-type': 'application/json' }
  for (const headers of foreign) {
    t.is((await asks(scene, ['POST', '/runs'], { ...basicOf('ann:anns'), ...headers })).status, 403)
    t.is((await asks(scene, ['PUT', '/policy'], { ...json, ...headers }, '{"text":"version: 1"}')).status, 403)
  }
  const own = { ...json, origin: `http://127.0.0.1:${scene.registry.port}`, 'sec-fetch-site': 'same-origin' }
  t.is((await asks(scene, ['PUT', '/policy'], own, '{"text":"version: 1"}')).status, 200)
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
    const headers = { ...basicOf('ann:anns'), 'content-type': type }
    t.is((await asks(scene, ['PUT', '/policy'], headers, '{"text":"version: 1"}')).status, 415, type)
    t.is((await asks(scene, ['POST', '/undo'], headers, '{"id":"x"}')).status, 415, type)
  }
})

test('requests are told to the log, with who asked', async (t) => {
  const scene = await apiScene(t)
  const { registry } = scene
  await scene.ask('GET', '/status')
  await scene.ask('GET', '/nowhere')
  await finishedOf(t, registry, 2)
  const [good, bad] = registry.finished
  t.like(good, { method: 'GET', status: 200, account: 'ann', codes: [] })
  t.true((good?.sentBytes ?? 0) > 100)
  t.like(bad, { status: 404, codes: ['OBJECT_NOT_FOUND'] })
})

/** A request is over when its connection is done with it, which the client does not see. */
async function finishedOf(t: ExecutionContext, { finished }: ApiScene['registry'], count: number): Promise<void> {
  for (let i = 0; finished.length < count && i < 1000; i++) await new Promise((resolve) => setImmediate(resolve))
  t.is(finished.length, count)
}
