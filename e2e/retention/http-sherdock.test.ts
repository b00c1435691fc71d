import test from 'ava'
import { sherdockEndpoints } from '../../retention/http/sherdock.ts'
import { all } from '../../retention/run/testing/open-model.ts'
import { isObject, type JsonValue, parseJson } from '../../shared/base/json.ts'
import { type DaemonScene, daemonScene } from './testing/daemon-scene.ts'
import { find, misfits } from './testing/json-schema.ts'

const keepsAll = { GCIntervalMinutes: 5, PullIntervalMinutes: 60, ImagesToPull: [], ImagesToNotGC: ['.*'] }
const keys = {
  GCIntervalMinutes: 10,
  PullIntervalMinutes: 30,
  ImagesToPull: ['busybox:latest'],
  ImagesToNotGC: ['^team/', 'a|b'],
}

const policyOf = async ({ service }: DaemonScene): Promise<string> => (await service.policies.show()).text

test('the four keys are read and written, and what else the policy says stays', async (t) => {
  const scene = await daemonScene(t)
  t.deepEqual((await scene.ask('GET', '/api/config')).json, keepsAll, 'what nobody configured keeps all')
  const first = await scene.ask('POST', '/api/config', keys)
  t.is(first.status, 200, first.text)
  t.deepEqual(first.json, keys)
  t.deepEqual((await scene.ask('GET', '/api/config')).json, keys)
  t.true((await policyOf(scene)).includes('mode: dryRun'))
  await scene.service.policies.set(
    `${(await policyOf(scene)).replace('mode: dryRun', 'mode: enforce')}volumes: { olderThan: 7d }\n`,
    'bob',
  )
  t.deepEqual((await scene.ask('POST', '/api/config', { ImagesToNotGC: ['.*'] })).json, keepsAll)
  const text = await policyOf(scene)
  t.regex(text, /^mode: "enforce"$/m)
  t.regex(text, /^volumes: \{"olderThan":"7d"\}$/m)
  t.regex(text, /^limits: \{"maxTags":"none"/m)
  t.is((await scene.service.policies.versions())[0]?.by, 'ann')
})

const refused: readonly (readonly [what: string, body: unknown, status: number, path: string])[] = [
  ['empty lists', { ...keys, ImagesToPull: [], ImagesToNotGC: [] }, 422, ''],
  ['a pattern that is none', { ...keys, ImagesToNotGC: ['ok', '('] }, 422, 'ImagesToNotGC[1]'],
  ['no image', { ...keys, ImagesToPull: ['A B'] }, 422, 'ImagesToPull[0]'],
  ['no list', { GCIntervalMinutes: 5 }, 400, 'ImagesToNotGC'],
  ['no number', { ...keys, GCIntervalMinutes: '5' }, 400, 'GCIntervalMinutes'],
  ['more than a year', { ...keys, GCIntervalMinutes: 1e9 }, 422, 'GCIntervalMinutes'],
  ['another key', { ...keys, ImagesToNotGc: [] }, 400, ''],
]
for (const [what, body, status, path] of refused)
  test(`${what}: refused with its place, and the policy stays`, async (t) => {
    const scene = await daemonScene(t)
    await scene.ask('POST', '/api/config', keys)
    const answer = await scene.ask('POST', '/api/config', body)
    t.is(answer.status, status, answer.text)
    t.is(Object(answer.json).error.path ?? '', path, answer.text)
    t.deepEqual((await scene.ask('GET', '/api/config')).json, keys)
  })

test('a policy that says more than four keys can is neither told nor replaced', async (t) => {
  const scene = await daemonScene(t)
  const text = 'version: 1\npolicies: [{ id: a, delete: [{ olderThan: { pushed: 30d } }] }]\n'
  await scene.service.policies.set(text, 'bob')
  for (const answer of [await scene.ask('GET', '/api/config'), await scene.ask('POST', '/api/config', keys)]) {
    t.is(answer.status, 409)
    t.like(answer.json, { error: { code: 'NOT_SUPPORTED' } })
  }
  t.is(await policyOf(scene), text)
})

test('another source is asked by its name; what it has no words for is refused', async (t) => {
  const { ask, scene } = await daemonScene(t)
  t.is((await ask('POST', '/api/config?source=registry', keys)).status, 200)
  t.true((await scene.service.policies.show()).text.includes('ImagesToNotGC'))
  t.deepEqual((await ask('GET', '/api/config')).json, keepsAll)
  await ask('PUT', '/api/gc/v1/registry/in-use/k8s', { digests: [`sha256:${'ab'.repeat(32)}`], until: 9e15 })
  t.like((await ask('GET', '/api/containers?source=registry')).json, { 0: { Names: ['k8s'], State: 'reported' } })
  for (const path of ['/api/images?source=registry', '/api/config?source=store'])
    t.is((await ask('GET', path)).status, 404, path)
  t.like((await ask('GET', '/api/images?source=other')).json, { error: { path: 'query.source' } })
  t.is((await ask('GET', '/api/images?deep=true')).status, 400)
  t.is((await ask('DELETE', '/api/volumes')).status, 405)
})

test('an image goes with all of its names, and not while something has it', async (t) => {
  const scene = await daemonScene(t)
  const { ask, model, service } = scene
  const idOf = (name: string): string => model.content.itemsOf(name)[0]?.digest ?? ''
  const busy = await ask('DELETE', `/api/images/${idOf('busy/app')}`)
  t.is(busy.status, 409)
  t.like(busy.json, { error: { code: 'RETENTION_GUARDED' } })
  t.regex(busy.text, /busy\/app:1 stays \(IN_USE\): container web has it/)
  await service.policies.set('version: 1\nholds: [{ repo: team/app, tag: "2", reason: asked for }]\n', 'bob')
  const held = await ask('DELETE', `/api/images/${idOf('team/app')}`)
  t.is(held.status, 409, 'one of its names is held')
  t.is(model.content.tagsOf('team/app').length, 2, 'then none goes')
  await service.policies.revert(0, 'bob')
  const gone = await ask('DELETE', `/api/images/${idOf('team/app')}`)
  t.is(gone.status, 200, gone.text)
  t.like(gone.json, { removed: 2, by: 'ann', state: 'done', cause: 'named' })
  t.deepEqual(model.content.tagsOf('team/app'), [])
  t.is((await ask('DELETE', '/api/volumes/used')).status, 409)
  t.like((await ask('DELETE', '/api/volumes/orphan')).json, { removed: 1 })
  t.is((await ask('DELETE', '/api/volumes/orphan')).status, 404)
  t.like(await all(service.audit({ after: 2 })), { 0: { action: 'apply', by: 'ann' }, 1: { action: 'remove' } })
})

test('each call needs its scope, and a page of another site may do nothing', async (t) => {
  const { ask, service } = await daemonScene(t)
  const bob = { authorization: `Basic ${btoa('bob:bobs')}` }
  for (const path of ['config', 'images', 'images?detailed=true', 'containers', 'volumes']) {
    t.is((await ask('GET', `/api/${path}`, undefined, bob)).status, 200, path)
    t.is((await ask('GET', `/api/${path}`, undefined, { authorization: '' })).status, 401, path)
  }
  for (const [method, path, body] of [
    ['POST', 'config', keys],
    ['DELETE', 'images/x'],
    ['DELETE', 'volumes/orphan'],
  ] as const) {
    t.is((await ask(method, `/api/${path}`, body, bob)).status, 403, path)
    t.is((await ask(method, `/api/${path}`, body, { origin: 'https://evil.example' })).status, 403, path)
    t.is((await ask(method, `/api/${path}`, body, { 'sec-fetch-site': 'cross-site' })).status, 403, path)
  }
  t.is((await ask('POST', '/api/config', keys, { 'content-type': 'text/plain' })).status, 415)
  t.is((await service.policies.versions()).length, 1)
  t.is((await service.runs(5)).length, 0)
})

test('real answers are as the document of the API describes them', async (t) => {
  const { ask } = await daemonScene(t)
  const document = parseJson((await ask('GET', '/api/gc/v1/openapi.json')).text, { what: 'document' })
  t.true(isObject(document))
  const held = async (path: string, method: string, asked: string, body?: unknown): Promise<void> => {
    const { status, text } = await ask(method, asked, body)
    const operation = Object(Object(document)['paths'])[path]?.[method.toLowerCase()] as JsonValue
    const schema = Object(find(operation, `#/responses/${status}/content`))['application/json'].schema as JsonValue
    t.deepEqual(misfits(parseJson(text, { what: asked }), schema, document), [], text)
  }
  await held('/api/config', 'GET', '/api/config')
  await held('/api/config', 'POST', '/api/config', keys)
  await held('/api/config', 'POST', '/api/config', { ImagesToNotGC: ['('] })
  await held('/api/images', 'GET', '/api/images?detailed=true')
  await held('/api/containers', 'GET', '/api/containers')
  await held('/api/volumes', 'GET', '/api/volumes')
  await held('/api/volumes/{name}', 'DELETE', '/api/volumes/used')
  await held('/api/volumes/{name}', 'DELETE', '/api/volumes/orphan')
  await held('/api/images/{id}', 'DELETE', '/api/images/none')
  await held('/api/gc/v1', 'GET', '/api/gc/v1')
  t.deepEqual(
    Object.keys(Object(document)['paths'])
      .filter((path) => /^\/api\/(?!gc)/.test(path))
      .sort(),
    [...new Set(sherdockEndpoints.map(({ path }) => `/api${path}`).sort())],
  )
})
