import test, { type ExecutionContext } from 'ava'
import type { AuditEntry } from '../store/audit-entry.ts'
import { chainedEntries } from '../store/read-audit.ts'
import { readRoot } from '../tuf/read-metadata.ts'
import { parseRole } from '../tuf/role.ts'
import { TestCollection } from '../tuf/testing/collection.ts'
import { newKey } from '../tuf/testing/keys.ts'
import type { RoleName, ServerRole } from '../tuf/types.ts'
import { copyCollection, sourceOfCopy } from '../verifier/copy-collection.ts'
import { followCollection } from './testing/check-collection.ts'
import { app, heldKey, refusalOf, type ServiceScene, serviceScene } from './testing/service-scene.ts'

/** What another server has of a collection, after each of some publishes. */
class OtherServer {
  readonly collection: TestCollection
  readonly #roots: Buffer[] = []

  constructor(now: number) {
    this.collection = new TestCollection({ gun: app, now })
    this.collection.addTarget('v1', 'one')
  }

  async publish(): Promise<{ readonly roots: readonly Buffer[]; readonly files: ReadonlyMap<RoleName, Buffer> }> {
    const { files } = await this.collection.publish()
    const root = files.get(parseRole('root')) ?? Buffer.of()
    this.#roots[readRoot(root).signed.version - 1] = root
    return { roots: [...this.#roots], files: new Map([...files].filter(([role]) => role !== 'root')) }
  }
}

function scene(t: ExecutionContext): ServiceScene & { readonly other: OtherServer } {
  const here = serviceScene(t)
  return { ...here, other: new OtherServer(here.clock.now) }
}

/** Gives the collection keys of the service, as its owner does. */
async function rotate(
  { service, signer, other }: ReturnType<typeof scene>,
  ...roles: readonly ServerRole[]
): Promise<void> {
  for (const role of roles) other.collection.rotate(role, [await heldKey({ service, signer }, app, role)])
}

test('a collection of another server is served as it was there, with all its roots', async (t) => {
  const { service, other } = scene(t)
  await other.publish()
  other.collection.rotate('root', [...other.collection.keysOf('root')])
  other.collection.delegate('targets/bob', [newKey('ecdsa')])
  const copy = await other.publish()
  t.deepEqual(await service.adopt(app, copy, { account: 'ann' }), { kind: 'imported' })
  for (const version of [1, 2]) {
    t.deepEqual((await service.file(app, { role: 'root', version }))?.bytes, copy.roots[version - 1])
  }
  for (const [role, bytes] of copy.files) t.deepEqual((await service.file(app, { role }))?.bytes, bytes, role)
  t.deepEqual((await followCollection(service, app))?.problems, [])
  t.deepEqual(await service.adopt(app, copy), { kind: 'unchanged' })
  const entries: AuditEntry[] = []
  for await (const { entry } of chainedEntries((page) => service.audit(page))) entries.push(entry)
  t.deepEqual(
    entries.map(({ action, account, files }) => ({ action, account, root: files?.['root']?.version })),
    [{ action: 'import', account: 'ann', root: 2 }],
  )
})

test('what is published there later can be imported, too; and what was published here stays', async (t) => {
  const all = scene(t)
  const { service, other } = all
  await service.adopt(app, await other.publish())
  other.collection.addTarget('v2', 'two')
  const later = await other.publish()
  t.deepEqual(await service.adopt(app, later), { kind: 'imported' })
  t.deepEqual((await service.file(app, { role: 'targets' }))?.bytes, later.files.get('targets'))
  await rotate(all, 'timestamp', 'snapshot')
  const rotated = await other.publish()
  await service.publish(app, new Map([['root', rotated.roots.at(-1) ?? Buffer.of()]]))
  t.deepEqual(await service.adopt(app, later), { kind: 'newer', ahead: [] })
  t.deepEqual((await service.file(app, { role: 'root' }))?.version, 2)
})

test('until its owner rotates nothing can be published, and clients are told what to do', async (t) => {
  const all = scene(t)
  const { service, other } = all
  await service.adopt(app, await other.publish())
  other.collection.addTarget('v2', 'two')
  const { files } = await other.publish()
  const targets = files.get('targets') ?? Buffer.of()
  const withSnapshot = new Map([...files].filter(([role]) => role === 'targets' || role === 'snapshot'))
  t.regex(
    (await refusalOf(service.publish(app, withSnapshot))) ?? '',
    new RegExp(`ErrBadRoot no  timestamp keys.* imported from. Run first: notary key rotate ${app} timestamp -r`),
  )
  t.regex(
    (await refusalOf(service.publish(app, new Map([['targets', targets]])))) ?? '',
    new RegExp(`ErrBadHierarchy no snapshot was .* Run first: ibuild trust rotate ${app} timestamp snapshot$`),
  )
  await rotate(all, 'timestamp', 'snapshot')
  const rotated = await other.publish()
  await service.publish(
    app,
    new Map([
      ['root', rotated.roots.at(-1) ?? Buffer.of()],
      ['targets', rotated.files.get('targets') ?? Buffer.of()],
    ]),
  )
  t.deepEqual((await followCollection(service, app))?.problems, [])
  t.deepEqual((await service.file(app, { role: 'root', version: 1 }))?.version, 1, 'for clients that know the first')
})

test('what a client would refuse is refused, and nothing is stored', async (t) => {
  const { service, other, clock } = scene(t)
  await other.publish()
  other.collection.rotate('root', [newKey('ecdsa-x509', { commonName: app })])
  const copy = await other.publish()
  const [first, second] = copy.roots
  const without = (role: RoleName): ReadonlyMap<RoleName, Buffer> =>
    new Map([...copy.files].filter(([name]) => name !== role))
  const other2 = await new OtherServer(clock.now).publish()
  const cases: Readonly<Record<string, Parameters<typeof service.adopt>[1]>> = {
    TRUST_NO_DATA: { roots: [], files: copy.files },
    TRUST_ROOT_CHANGED: { roots: [other2.roots[0] ?? Buffer.of(), second ?? Buffer.of()], files: copy.files },
    TRUST_SIGNATURES: { roots: copy.roots, files: new Map([...copy.files, ...[...other2.files].slice(-1)]) },
    TRUST_MISMATCH: { roots: copy.roots, files: without('targets') },
    TRUST_METADATA_INVALID: { roots: [first ?? Buffer.of(), Buffer.from('{}')], files: copy.files },
  }
  for (const [code, sent] of Object.entries(cases)) {
    await t.throwsAsync(service.adopt(app, sent), { code }, code)
  }
  clock.now += 40 * 365 * 24 * 3600 * 1000
  await t.throwsAsync(service.adopt(app, copy), { code: 'TRUST_EXPIRED' })
  t.is(await service.file(app, { role: 'root' }), undefined)
})

test('a collection whose first root has another version than 1 is taken as it is', async (t) => {
  const { service, other } = scene(t)
  await other.publish()
  other.collection.rotate('root', [...other.collection.keysOf('root')])
  const { roots, files } = await other.publish()
  t.deepEqual(await service.adopt(app, { roots: roots.slice(1), files }), { kind: 'imported' })
  t.is(
    (await service.file(app, { role: 'root', version: 2 }))?.sha256,
    (await service.file(app, { role: 'root' }))?.sha256,
  )
  t.is(await service.file(app, { role: 'root', version: 1 }), undefined)
  t.deepEqual(await service.adopt(app, { roots: roots.slice(1), files }), { kind: 'unchanged' })
})

test('another collection of the same name is not replaced', async (t) => {
  const { service, other, clock } = scene(t)
  const copy = await other.publish()
  await service.adopt(app, copy)
  await t.throwsAsync(service.adopt(app, await new OtherServer(clock.now).publish()), { code: 'TRUST_CONFLICT' })
  t.deepEqual((await service.file(app, { role: 'root' }))?.bytes, copy.roots[0])
})

test('a copy of a copy is the same', async (t) => {
  const { other } = scene(t)
  const sent = await other.publish()
  const { roots, files } = await copyCollection(app, sourceOfCopy(sent))
  t.deepEqual(roots, sent.roots)
  t.is(files.size, sent.files.size)
  for (const [role, bytes] of files) t.deepEqual(bytes, sent.files.get(role), role)
})
