import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { decide } from '../../retention/decide/decide.ts'
import type { ItemFacts, ItemName } from '../../retention/facts.ts'
import { readPolicy } from '../../retention/policy/read-policy.ts'
import type { Inventory } from '../../retention/ports.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { createDockerInventory } from './docker-inventory.ts'

const noWants = { created: false, labels: false, signatures: false }
const day = 86_400_000
const now = Date.UTC(2026, 2, 1, 15)
const [one, two] = [digestOf('one'), digestOf('two')]

type Answer = { readonly status?: number; readonly body?: unknown }
type Answers = Readonly<Record<string, Answer>>

const empty: Answers = {
  'GET /version': { body: { ApiVersion: '1.41', MinAPIVersion: '1.12' } },
  'GET /v1.41/images/json?all=1': { body: null },
  'GET /v1.41/containers/json?all=1': { body: [] },
  'GET /v1.41/volumes': { body: { Volumes: null } },
}

/** A daemon that answers what a real one seldom does; with what it was asked to change. */
async function daemon(
  t: ExecutionContext,
  answers: Answers,
): Promise<{ readonly inventory: Inventory; readonly changes: readonly string[] }> {
  const changes: string[] = []
  const all = { ...empty, ...answers }
  const folder = mkdtempSync(join(tmpdir(), 'engine-'))
  const server = createServer(({ method = '', url = '' }, response) => {
    if (method !== 'GET') changes.push(`${method} ${url}`)
    const { status = 200, body = '' } = all[`${method} ${url}`] ?? { status: 501 }
    response.writeHead(status).end(JSON.stringify(body))
  })
  server.listen(join(folder, 'sock'))
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { inventory: createDockerInventory({ host: `unix://${folder}/sock`, now: () => now }), changes }
}

function image(id: string, more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return { Id: id, ParentId: '', RepoTags: null, RepoDigests: null, Size: 100, Created: 1, Labels: null, ...more }
}

/** Answers about images: the list, and what is told of each. */
function withImages(...images: readonly Readonly<Record<string, unknown>>[]): Answers {
  const details = images.map((each): readonly [string, Answer] => [
    `GET /v1.41/images/${encodeURIComponent(String(each['Id']))}/json`,
    { body: { Id: each['Id'], RootFS: {}, Metadata: { LastTagTime: '0001-01-01T00:00:00Z' } } },
  ])
  const histories = images.map((each): readonly [string, Answer] => [
    `GET /v1.41/images/${encodeURIComponent(String(each['Id']))}/history`,
    { body: [{ Size: 100 }] },
  ])
  return { 'GET /v1.41/images/json?all=1': { body: images }, ...Object.fromEntries([...details, ...histories]) }
}

async function itemsOf(inventory: Inventory, repository: string): Promise<ItemFacts[]> {
  const found: ItemFacts[] = []
  for await (const page of inventory.items(repository, noWants)) found.push(...page)
  return found
}

const app: ItemName = { kind: 'tag', repository: 'app', name: '1' }
const expected = { digest: one, by: 'ann' }

test('a daemon that has nothing', async (t) => {
  const { inventory } = await daemon(t, {})
  for await (const _ of inventory.repositories()) t.fail()
  t.is(await inventory.item(app, noWants), undefined)
  t.deepEqual(await inventory.remove(app, expected), { kind: 'gone' })
})

test('it is asked in a version that it speaks, and that is known here', async (t) => {
  const list = { body: [image(one, { RepoTags: ['app:1'] })] }
  for (const [versions, asked] of [
    [{ ApiVersion: '1.99', MinAPIVersion: '1.24' }, '1.47'],
    [{ ApiVersion: '1.99', MinAPIVersion: '1.60' }, '1.60'],
    [{ ApiVersion: '1.30' }, '1.30'],
  ] as const) {
    const answers = Object.entries({ ...empty, 'GET /v1.41/images/json?all=1': list })
    const moved = Object.fromEntries(answers.map(([key, answer]) => [key.replace('1.41', asked), answer]))
    const { inventory } = await daemon(t, { ...moved, 'GET /version': { body: versions } })
    const names: string[] = []
    for await (const { repository } of inventory.repositories()) names.push(repository)
    t.deepEqual(names, ['app'])
  }
  const { inventory } = await daemon(t, { 'GET /version': { body: { ApiVersion: 'new' } } })
  await t.throwsAsync(async () => inventory.revision(), { code: 'DOCKER_FAILED', message: /"new" is no version/ })
})

const refusals: readonly (readonly [what: string, answer: Answer, says: object])[] = [
  [
    'a conflict is told in its words',
    { status: 409, body: { message: 'conflict: it is frozen' } },
    { kind: 'drifted', about: 'docker: conflict: it is frozen' },
  ],
  ['what is gone', { status: 404, body: { message: 'No such image: app:1' } }, { kind: 'gone' }],
  ['a name alone went', { body: [{ Untagged: 'app:1' }] }, { kind: 'removed', freed: 0 }],
]
for (const [what, answer, says] of refusals)
  test(`a removal: ${what}`, async (t) => {
    const images = withImages(image(one, { RepoTags: ['app:1'] }))
    const { inventory, changes } = await daemon(t, { ...images, 'DELETE /v1.41/images/app%3A1': answer })
    t.deepEqual<object, object>(await inventory.remove(app, expected), says)
    t.deepEqual(changes, ['DELETE /v1.41/images/app%3A1'])
  })

test('what the daemon fails at is an error, and what leads elsewhere is left alone', async (t) => {
  const images = withImages(image(one, { RepoTags: ['app:1'] }))
  const failing = { 'DELETE /v1.41/images/app%3A1': { status: 500, body: { message: 'disk is read-only' } } }
  const { inventory, changes } = await daemon(t, { ...images, ...failing })
  await t.throwsAsync(async () => inventory.remove(app, expected), { code: 'DOCKER_FAILED', message: /read-only/ })
  t.is(changes.length, 1)
  const removal = await inventory.remove(app, { ...expected, digest: two })
  t.deepEqual<object, object>(removal, { kind: 'drifted', about: `leads to ${one} by now` })
  t.is(changes.length, 1)
})

test('an image that others were made from is none of the items without a name; one that has a name stays', async (t) => {
  const middle = digestOf('middle')
  const images = withImages(
    image(one, { RepoTags: ['app:1'] }),
    image(middle, { ParentId: one }),
    image(two, { ParentId: middle, RepoTags: ['app:2'] }),
  )
  const { inventory } = await daemon(t, images)
  const items = await itemsOf(inventory, 'app')
  t.deepEqual(
    items.map(({ name, guards }) => [name, guards.map(({ about }) => about)]),
    [
      ['1', [`image ${middle} was made from it`]],
      ['2', []],
    ],
  )
  t.deepEqual(await itemsOf(inventory, '<none>'), [])
  t.is((await inventory.remove(app, expected)).kind, 'drifted')
})

test('an image without a tag is of the repository it was pulled from, and goes by each of those names', async (t) => {
  const digests = [`app@${digestOf('a')}`, `other@${digestOf('b')}`]
  const removals = digests.map((name): readonly [string, Answer] => [
    `DELETE /v1.41/images/${encodeURIComponent(name)}`,
    { body: [{ Untagged: name }] },
  ])
  const images = withImages(image(one, { RepoDigests: digests }))
  const { inventory, changes } = await daemon(t, { ...images, ...Object.fromEntries(removals) })
  const item: ItemName = { kind: 'untagged', repository: 'app', name: one }
  t.is((await inventory.item(item, noWants))?.digest, one)
  t.is((await inventory.remove(item, expected)).kind, 'removed')
  t.is(changes.length, 2)
})

test('where nobody knows of pulls, nothing goes for lack of them; where nobody knows of times, it is of today', async (t) => {
  const images = withImages(
    image(one, { RepoTags: ['app:old'], Created: (now - 90 * day) / 1000 }),
    image(two, { RepoTags: ['app:timeless'], Created: 1 }),
  )
  const { inventory } = await daemon(t, images)
  const [old, timeless] = await itemsOf(inventory, 'app')
  t.is(old?.pushedAt, now - 90 * day)
  t.is(timeless?.pushedAt, Date.UTC(2026, 2, 1))
  const text = 'version: 1\npolicies: [{ id: a, delete: [{ notPulledFor: 30d }] }]\n'
  const read = readPolicy(text, { checkCron: () => undefined, source: 'docker' })
  if (!('policy' in read)) return t.fail(JSON.stringify(read.problems))
  const reasons: string[] = []
  for await (const page of decide(inventory, { policy: read.policy, now }))
    reasons.push(...page.map(({ item, reason }) => `${item.name} ${reason}`))
  t.deepEqual(reasons, ['old NO_DATA', 'timeless DEFAULT_KEEP'])
})

test('volumes are told, in use or not, also while the daemon does not measure them', async (t) => {
  const volumes = { Volumes: [{ Name: 'a', CreatedAt: '2026-02-01T00:00:00Z' }, { Name: 'b' }], Warnings: null }
  const container = { Id: 'c1', Names: ['/web'], Image: 'x', ImageID: '', State: 'exited', Mounts: [{ Name: 'b' }] }
  const usage = {
    Volumes: [
      { Name: 'a', UsageData: { Size: 7, RefCount: 0 } },
      { Name: 'b', UsageData: { Size: -1 } },
    ],
  }
  const base: Answers = {
    'GET /v1.41/volumes': { body: volumes },
    'GET /v1.41/containers/json?all=1': { body: [container] },
  }
  const volumesOf = async (answer: Answer): Promise<unknown[]> => {
    const { inventory } = await daemon(t, { ...base, 'GET /v1.41/system/df?type=volume': answer })
    return (await itemsOf(inventory, '')).map(({ name, size, pushedAt, guards }) => [
      name,
      size,
      pushedAt,
      guards.length,
    ])
  }
  const [first, today] = [Date.UTC(2026, 1, 1), Date.UTC(2026, 2, 1)]
  t.deepEqual(await volumesOf({ body: usage }), [
    ['a', 7, first, 0],
    ['b', 0, today, 1],
  ])
  const busy = { status: 500, body: { message: 'a disk usage operation is already running' } }
  t.deepEqual(await volumesOf(busy), [
    ['a', 0, first, 0],
    ['b', 0, today, 1],
  ])
})

const strange: readonly (readonly [what: string, answers: Answers, says: RegExp])[] = [
  ['an image without an ID', { 'GET /v1.41/images/json?all=1': { body: [{}] } }, /\[0\]\.Id: is missing/],
  ['an ID that is none', { 'GET /v1.41/images/json?all=1': { body: [image('x')] } }, /"x" is no digest/],
  ['no list', { 'GET /v1.41/containers/json?all=1': { body: { a: 1 } } }, /expected an array/],
  ['an error', { 'GET /v1.41/volumes': { status: 500, body: { message: 'no driver' } } }, /no driver/],
]
for (const [what, answers, says] of strange)
  test(`nothing is decided by an answer that makes no sense: ${what}`, async (t) => {
    const { inventory } = await daemon(t, answers)
    await t.throwsAsync(async () => inventory.revision(), { code: 'DOCKER_FAILED', message: says })
  })
