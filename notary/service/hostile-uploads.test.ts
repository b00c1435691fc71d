import test from 'ava'
import fc from 'fast-check'
import { parseRole } from '../tuf/role.ts'
import { newKey } from '../tuf/testing/keys.ts'
import { badlySigned, malformed, unreadable } from '../tuf/testing/mutations.ts'
import type { RoleName } from '../tuf/types.ts'
import { errorBody, mostErrorBytes, PublishError } from './publish-error.ts'
import { followCollection } from './testing/check-collection.ts'
import { app, refusalOf, send, serviceScene } from './testing/service-scene.ts'

const bob = parseRole('targets/bob')
const roles: readonly RoleName[] = ['root', 'targets', 'snapshot', bob]

for (const role of roles) {
  test(`each way to break ${role} is refused, readably, and nothing is stored`, async (t) => {
    const scene = serviceScene(t)
    for (const mutation of [...unreadable, ...malformed, ...badlySigned]) {
      const collection = await scene.collection()
      mutation.apply(collection.delegate(bob, [newKey('ecdsa')]), role)
      const error = await t.throwsAsync<PublishError>(send(scene.service, collection), { instanceOf: PublishError })
      t.is(error?.status, 400, mutation.name)
      if (error !== undefined) t.true(Buffer.byteLength(errorBody(error)) <= mostErrorBytes, mutation.name)
      t.is(await scene.service.trustVersion(app), undefined, mutation.name)
    }
  })
}

test('too much of anything is refused before it is looked at', async (t) => {
  const scene = serviceScene(t, { limits: { files: 2, fileBytes: 5000, targets: 3, waiting: 1 } })
  const collection = await scene.collection({ held: ['timestamp', 'snapshot'] })
  const refusal = async (roles: readonly string[]): Promise<string | undefined> => {
    const error = await t.throwsAsync<PublishError>(send(scene.service, collection, roles), {
      instanceOf: PublishError,
    })
    return `${error?.code} ${error?.message}`
  }
  t.is(await refusal(['root', 'targets', 'snapshot']), 'TOO_LARGE 3 files at once, more than 2')
  for (const name of ['1', '2', '3', '4']) collection.addTarget(name, name)
  t.is(await refusal(['root', 'targets']), 'INVALID_UPDATE targets lists 4 targets, more than 3')
  for (let i = 0; i < 30; i++) collection.addTarget(`v${i}`, 'x')
  t.regex((await refusal(['root', 'targets'])) ?? '', /^TOO_LARGE targets.json: \d+ bytes, more than 5000$/)
  collection.edit('targets', (json) => ({ ...json, targets: {} }))
  const { files } = await collection.publish()
  const sent = new Map([...files].filter(([role]) => role === 'root' || role === 'targets'))
  const outcomes = await Promise.allSettled([1, 2, 3].map(() => scene.service.publish(app, sent)))
  t.deepEqual(
    outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : 'done')),
    ['done', 'TOO_MANY_REQUESTS', 'TOO_MANY_REQUESTS'],
  )
})

test('a few files with many signatures of much in each are refused before any signature is looked at', async (t) => {
  const scene = serviceScene(t)
  const collection = await scene.collection({ held: ['timestamp', 'snapshot'] })
  await send(scene.service, collection, ['root', 'targets'])
  const one = { keyid: newKey('ecdsa').key.id, method: 'ecdsa', sig: 'AAAA' }
  const common = {
    _type: 'Targets',
    version: 1,
    expires: '2030-01-01T00:00:00Z',
    targets: {},
    delegations: { keys: {} },
  }
  const text = JSON.stringify({
    signed: { ...common, x: 'x'.repeat(2_500_000) },
    signatures: Array.from({ length: 100 }, () => one),
  })
  const files = new Map(['targets/a', 'targets/b', 'targets/c'].map((role) => [parseRole(role), Buffer.from(text)]))
  t.regex((await refusalOf(scene.service.publish(app, files))) ?? '', /^TOO_LARGE ErrValidation too many signatures/)
  files.delete(parseRole('targets/c'))
  t.regex((await refusalOf(scene.service.publish(app, files))) ?? '', /delegation does not exist/)
})

test('whatever bytes come, in whatever role: a refusal, and the collection as it was', async (t) => {
  const scene = serviceScene(t)
  const collection = await scene.collection({ held: ['timestamp', 'snapshot'] })
  const good = await send(scene.service, collection, ['root', 'targets'])
  collection.addTarget('v1', 'one')
  const next = (await collection.publish()).files.get('targets') ?? Buffer.of()
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.json({ maxDepth: 5 }).map((text) => Buffer.from(text)),
    fc.tuple(fc.nat(next.length - 1), fc.nat(255)).map(([at, byte]) => {
      const copy = Buffer.from(next)
      copy[at] = (copy[at] ?? 0) === byte ? byte ^ 1 : byte
      return copy
    }),
    fc.nat(next.length - 1).map((length) => next.subarray(0, length)),
  )
  const role = fc.constantFrom(...roles)
  const was = await scene.service.trustVersion(app)
  const property = fc.asyncProperty(role, bytes, async (each, content) => {
    const sent = new Map<RoleName, Buffer>([...good, [each, Buffer.from(content)]])
    await t.throwsAsync(scene.service.publish(app, sent), { instanceOf: PublishError })
  })
  await fc.assert(property, { numRuns: 300 })
  t.is(await scene.service.trustVersion(app), was)
  t.deepEqual((await followCollection(scene.service, app))?.problems, [])
})
