import test, { type ExecutionContext } from 'ava'
import { endpoints } from '../../retention/http/routes.ts'
import { sherdockEndpoints } from '../../retention/http/sherdock.ts'
import { ageing, fillModel } from '../../retention/run/testing/open-model.ts'
import { isObject, type JsonObject, type JsonValue, parseJson } from '../../shared/base/json.ts'
import { type ApiScene, apiScene } from './testing/api-scene.ts'
import { find, misfits } from './testing/json-schema.ts'

const prefix = '/api/gc/v1/{source}'

/** The document as anybody gets it. */
async function documentOf({ registry }: ApiScene): Promise<JsonObject> {
  const { status, body } = await registry.ask('GET', '/api/gc/v1/openapi.json')
  const value = parseJson(body, { what: 'document' })
  if (status !== 200 || !isObject(value)) throw new Error(`no document: ${status}`)
  return value
}

function idOf(value: JsonValue, key = 'id'): string {
  const id = isObject(value) ? value[key] : undefined
  return typeof id === 'string' ? id : ''
}

interface Operation {
  readonly method: string
  readonly path: string
  readonly about: JsonObject
}

function operationsOf(document: JsonObject): readonly Operation[] {
  const paths = document['paths'] ?? {}
  return Object.entries(paths).flatMap(([path, methods]: [string, JsonValue]) =>
    Object.entries(methods ?? {}).map(([method, about]: [string, JsonObject]) => ({
      method: method.toUpperCase(),
      path,
      about,
    })),
  )
}

test('each operation that is routed is described, and each that is described is there', async (t) => {
  const scene = await apiScene(t)
  const operations = operationsOf(await documentOf(scene))
  const described = operations.map(({ method, path, about }) => `${method} ${path} ${idOf(about, 'operationId')}`)
  const routed = endpoints.map(({ method, path, id }) => `${method} ${prefix}${path} ${id}`)
  const own = ['GET /api/gc/v1 listSources', 'GET /api/gc/v1/openapi.json getDocument']
  const sherdocks = sherdockEndpoints.map(({ method, path, id }) => `${method} /api${path} ${id}`)
  t.deepEqual([...described].sort(), [...own, ...routed, ...sherdocks].sort())
  t.is(new Set(operations.map(({ about }) => about['operationId'])).size, operations.length)
  for (const { method, path } of operations) {
    const real = path.replace('{source}', 'registry').replaceAll(/\{\w+\}/g, 'x')
    const { status, body } = await scene.registry.ask(method, real)
    t.true([200, 401].includes(status), `${method} ${path}: ${status} ${body.toString()}`)
  }
})

test('what is not described is not there', async (t) => {
  const scene = await apiScene(t)
  const operations = operationsOf(await documentOf(scene))
  for (const path of new Set(operations.map((one) => one.path))) {
    const known = operations.filter((one) => one.path === path).map(({ method }) => method)
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'].filter((one) => !known.includes(one))) {
      const { status, headers } = await scene.registry.ask(method, path.replace('{source}', 'registry'))
      t.is(status, 405, `${method} ${path}`)
      t.deepEqual(String(headers.allow).split(', ').sort(), [...known].sort())
    }
  }
  for (const path of ['/nothing', '/plans/x/y', '/status/', '/policy/versions/1'])
    t.is((await scene.ask('GET', path)).status, 404)
  for (const path of ['/api/gc', '/api/gc/v2/registry/status', '/api/gc/v1/docker/status', '/api/gc/v1/other/status'])
    t.not((await scene.registry.ask('GET', path)).status, 200, path)
  t.is((await scene.registry.ask('GET', '/api/gcx')).status, 404)
})

test('all references lead somewhere, and all that is named is used', async (t) => {
  const document = await documentOf(await apiScene(t))
  const text = JSON.stringify(document)
  const references = new Set([...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference = '']) => reference))
  for (const reference of references) t.notThrows(() => find(document, reference))
  const names = Object.keys(find(document, '#/components/schemas') ?? {})
  t.deepEqual([...references].sort(), names.map((name) => `#/components/schemas/${name}`).sort())
})

/** Asks, and holds the answer against what is described for its status. */
async function held(
  t: ExecutionContext,
  { scene, document }: { readonly scene: ApiScene; readonly document: JsonObject },
  [id, path, body]: readonly [id: string, path: string, body?: unknown],
): Promise<JsonValue> {
  const operation = operationsOf(document).find(({ about }) => about['operationId'] === id)
  if (operation === undefined) throw new Error(`${id} is not described`)
  const { status, headers, text } = await scene.ask(operation.method, path, body)
  const [type, schema] = contentOf(operation, status, id)
  t.is(String(headers['content-type']), type, `${id}: ${text}`)
  const isLines = type === 'application/x-ndjson'
  const documents = isLines ? text.split('\n').slice(0, -1) : [text]
  const values = documents.map((one) => parseJson(one, { what: id }))
  t.true(values.length > 0, id)
  for (const value of values) t.deepEqual(misfits(value, schema, document, id), [], text.slice(0, 2000))
  return values[0] ?? null
}

function contentOf({ about }: Operation, status: number, id: string): readonly [string, JsonValue] {
  const { content } = Object(find(about, `#/responses/${status}`))
  const [[type, { schema }]] = Object.entries<{ readonly schema: JsonValue }>(content) as [
    [string, { schema: JsonValue }],
  ]
  if (schema === undefined) throw new Error(`${id}: ${status} is not described`)
  return [type, schema]
}

test('real answers are as they are described', async (t) => {
  const scene = await apiScene(t, { policy: ageing('enforce') })
  const document = await documentOf(scene)
  const { model } = scene
  fillModel(model, 3)
  model.content.push('team/app', 'labelled', { at: scene.clock.now, labels: { a: 'b' } })
  const hold = async (...call: readonly [id: string, path: string, body?: unknown]): Promise<JsonValue> =>
    held(t, { scene, document }, call)
  await hold('getStatus', '/status')
  await hold('getPolicy', '/policy')
  await hold('getPolicy', '/policy?version=0')
  await hold('getPolicy', '/policy?version=99')
  await hold('listPolicyVersions', '/policy/versions')
  await hold('checkPolicy', '/policy/check', { text: 'version: 1\npolicies: [{ id: a }]' })
  await hold('checkPolicy', '/policy/check', { text: 'version: 2' })
  await hold('preview', '/preview', {})
  await hold('preview', '/preview?only=delete', { text: ageing('propose') })
  await hold('preview', '/preview', { plan: { only: ['old'], order: 'leastRecentlyPulled' } })
  await hold('preview', '/preview', { text: 'version: 1\nmode: on' })
  await hold('setPolicy', '/policy', { text: ageing('propose') })
  await hold('setPolicy', '/policy', { text: 'version: 1\nmode: on' })
  await hold('setPolicy', '/policy', { text: 5 })
  await hold('revertPolicy', '/policy/revert', {})
  await hold('revertPolicy', '/policy/revert', { version: 99 })
  const plan = await hold('makePlan', '/plans', { only: ['old'], order: 'oldest', cause: 'a test' })
  const id = idOf(plan)
  await hold('listPlans', '/plans')
  await hold('getPlan', `/plans/${id}`)
  await hold('getPlan', '/plans/none')
  await hold('listPlannedItems', `/plans/${id}/items`)
  await hold('applyPlan', `/plans/${id}/apply`)
  await hold('applyPlan', '/plans/none/apply')
  await hold('startRun', '/runs', {})
  await hold('listRuns', '/runs?limit=5')
  const trash = await hold('listTrash', '/trash?limit=2')
  const entry = idOf(Array.isArray(trash) ? trash[0] : null)
  await hold('getStatus', '/status')
  await hold('purge', '/purge', { ids: [entry] })
  await hold('undo', '/undo', { id: entry })
  await hold('undo', '/undo', { id: 'none' })
  const late = await scene.ask('POST', '/undo', { id: entry })
  t.is(late.status, 410, late.text)
  t.regex(late.text, /"RETENTION_PURGED"[^]*was purged from the trash: it cannot come back/)
  const rest = (await scene.service.trash())[0]?.id ?? ''
  await hold('undo', '/undo', { id: rest })
  await hold('purge', '/purge', { what: 'all' })
  await hold('purge', '/purge', { ids: ['none'] })
  await hold('explain', '/explain?what=team/app:labelled')
  await hold('explain', '/explain?what=team/app:none')
  await hold('explain', '/explain?what=%00')
  await hold('getAudit', '/audit?after=1')
  await hold('reportInUse', '/in-use/k8s', { digests: [`sha256:${'ab'.repeat(32)}`], until: scene.clock.now + 1000 })
  await hold('reportInUse', '/in-use/k%208s', { digests: [], until: 1 })
  await hold('reportInUse', '/in-use/k8s', { digests: ['x'], until: 1 })
  await hold('listInUse', '/in-use')
  await hold('refreshMirror', '/mirror/refresh', { image: 'busybox' })
  t.deepEqual(scene.refreshed, ['busybox'])
})

const wrong: readonly (readonly [method: string, path: string, body: unknown, status: number, path: string])[] = [
  ['GET', '/runs?limit=0', undefined, 400, 'query.limit'],
  ['GET', '/runs?limit=1001', undefined, 400, 'query.limit'],
  ['GET', '/runs?limit=x', undefined, 400, 'query.limit'],
  ['GET', '/runs?limits=1', undefined, 400, 'query'],
  ['GET', '/runs?limit=1&limit=2', undefined, 400, 'query'],
  ['GET', '/explain', undefined, 400, 'query.what'],
  ['GET', `/explain?what=${'x'.repeat(1001)}`, undefined, 400, 'query.what'],
  ['POST', '/preview?only=keep', {}, 400, 'query.only'],
  ['POST', '/preview', { plan: { only: 'old' } }, 400, 'plan.only'],
  ['POST', '/preview', { plan: { cause: 'x' } }, 400, 'plan'],
  ['PUT', '/policy', { txt: 'x' }, 400, ''],
  ['PUT', '/policy', { text: 'version: 1\nmode: on' }, 422, 'mode'],
  ['POST', '/plans', { only: 'old' }, 400, 'only'],
  ['POST', '/plans', { only: ['a', 5] }, 400, 'only[1]'],
  ['POST', '/plans', { cause: 'ä' }, 400, 'cause'],
  ['POST', '/undo', undefined, 400, ''],
  ['POST', '/purge', { what: 'some' }, 400, 'what'],
  ['POST', '/purge', { ids: [], what: 'all' }, 400, ''],
]
for (const [method, path, body, status, field] of wrong)
  test(`${method} ${path.slice(0, 30)} ${JSON.stringify(body) ?? 'without a body'}: ${status}`, async (t) => {
    const answer = await (await apiScene(t)).ask(method, path, body)
    t.is(answer.status, status, answer.text)
    const { error } = Object(answer.json)
    t.is(error.path ?? '', field, answer.text)
    t.true(error.message.length > 10)
  })

test('a policy comes as YAML, too; what is too large, no JSON or no text is refused', async (t) => {
  const { registry, service } = await apiScene(t)
  const put = async (type: string, body: string | Uint8Array): Promise<number> => {
    const headers = { authorization: `Basic ${btoa('ann:anns')}`, 'content-type': type }
    return (await registry.ask('PUT', '/api/gc/v1/registry/policy', { headers, body })).status
  }
  t.is(await put('application/yaml; charset=utf-8', '# mine\nversion: 1\n'), 200)
  t.is((await service.policies.show()).text, '# mine\nversion: 1\n')
  t.is((await service.policies.show()).by, 'ann')
  t.is(await put('application/yaml', Buffer.from([0xff, 0xfe])), 400)
  t.is(await put('application/json', '{"text":'), 400)
  t.is(await put('application/json', `{"text":"${'x'.repeat(300_000)}"}`), 422)
  t.is(await put('application/json', `{"text":"${'x'.repeat(3_000_000)}"}`), 413)
  t.is(await put('application/yaml', `#${'x'.repeat(300_000)}`), 422)
})
