import type { ExecutionContext, TestFn } from 'ava'
import { type ItemFacts, type ItemName, noWants } from '../facts.ts'
import type { Inventory } from '../ports.ts'
import type { HeldTrash } from './held-trash.ts'

/** A source that tests fill. Each test has repositories of its own, so that all can share one. */
export interface InventoryFixture {
  readonly inventory: Inventory
  /** Lets a tag lead to an image that is another one for another text. The digest that the inventory is to tell of it. */
  readonly tag: (repository: string, tag: string, text: string) => Promise<string>
  /** Takes the last tag from the image of a text, as a push does that moves it. Without it, images without a tag are not tested. */
  readonly loosen?: (repository: string, tag: string, text: string) => Promise<void>
  /** Brings what a tag leads to in use. Without it, use is not tested. */
  readonly use?: (repository: string, tag: string) => Promise<void>
  /** What the inventory asks whether something was written into the trash; where it can undo. */
  readonly trash?: HeldTrash
}

export interface InventorySuite {
  readonly name: string
  readonly make: (t: ExecutionContext) => Promise<InventoryFixture>
  /** Makes a test one that has to be alone: on a daemon, say. */
  readonly isSerial?: boolean
}

/** What every {@link Inventory} does. */
export function inventorySuite(test: TestFn, { name, make, isSerial = false }: InventorySuite): void {
  const run = isSerial ? test.serial : test
  for (const [i, [title, check]] of Object.entries(cases).entries()) {
    run(`${name}: ${title}`, async (t) => check(t, await make(t), `contract-${i}/app`))
  }
}

type Check = (t: ExecutionContext, fixture: InventoryFixture, repository: string) => Promise<void>

const tagOf = (repository: string, name: string): ItemName => ({ kind: 'tag', repository, name })
const by = 'policy 1'

/** What a repository has, in the order of the inventory; a page of more than a thousand fails. */
async function itemsOf(t: ExecutionContext, inventory: Inventory, repository: string): Promise<ItemFacts[]> {
  const found: ItemFacts[] = []
  for await (const page of inventory.items(repository, noWants)) {
    t.true(page.length <= 1000, 'a page has a thousand items at most')
    found.push(...page)
  }
  return found
}

async function namesOf(t: ExecutionContext, inventory: Inventory, repository: string): Promise<readonly string[]> {
  return (await itemsOf(t, inventory, repository)).map(({ name }) => name)
}

/** Removes a tag as the service does: it is in the trash before. */
async function removeTag(fixture: InventoryFixture, item: ItemName, digest: string) {
  fixture.trash?.add(item.repository, digest)
  return fixture.inventory.remove(item, { digest, by })
}

const cases: Readonly<Record<string, Check>> = {
  'repositories in byte order, tags too, each with what is known of it': async (t, fixture, repository) => {
    const { inventory } = fixture
    const digests = new Map<string, string>()
    for (const tag of ['b', 'a', 'B', '10', '9']) digests.set(tag, await fixture.tag(repository, tag, `${tag}!`))
    await fixture.tag(`${repository}-2`, 'a', 'other')
    await fixture.tag(`${repository}/a`, 'a', 'below')
    const repositories: string[] = []
    for await (const facts of inventory.repositories()) {
      repositories.push(facts.repository)
      t.true(facts.pullsKnownSince <= Date.now() + 1000)
    }
    const own = repositories.filter((name) => name.startsWith(repository))
    t.deepEqual(own, [repository, `${repository}-2`, `${repository}/a`])
    t.deepEqual(
      repositories,
      [...repositories].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    )
    const items = await itemsOf(t, inventory, repository)
    const end = Date.now() + 1000
    t.deepEqual(
      items.map(({ kind, repository: of, name, digest }) => [kind, of, name, digest]),
      ['10', '9', 'B', 'a', 'b'].map((tag) => ['tag', repository, tag, digests.get(tag)]),
    )
    for (const { size, pushedAt, guards } of items) {
      t.true(size > 0)
      t.true(Number.isSafeInteger(pushedAt) && pushedAt > 0 && pushedAt <= end)
      t.deepEqual(guards, [])
    }
  },
  'one item is as among all': async (t, fixture, repository) => {
    const { inventory } = fixture
    await fixture.tag(repository, '1', 'one')
    await fixture.tag(repository, '2', 'one')
    for (const item of await itemsOf(t, inventory, repository)) t.deepEqual(await inventory.item(item, noWants), item)
    t.is(await inventory.item(tagOf(repository, '3'), noWants), undefined)
    t.is(await inventory.item(tagOf(`${repository}/none`, '1'), noWants), undefined)
    t.deepEqual(await itemsOf(t, inventory, `${repository}/none`), [])
  },
  'a tag goes alone, and once': async (t, fixture, repository) => {
    const { inventory } = fixture
    const digest = await fixture.tag(repository, 'old', 'one')
    t.is(await fixture.tag(repository, 'new', 'one'), digest)
    const removed = await removeTag(fixture, tagOf(repository, 'old'), digest)
    t.deepEqual(removed, { kind: 'removed', freed: 0 }, 'the other tag has it all')
    t.deepEqual(await namesOf(t, inventory, repository), ['new'])
    t.deepEqual(await removeTag(fixture, tagOf(repository, 'old'), digest), { kind: 'gone' })
    t.is((await inventory.item(tagOf(repository, 'new'), noWants))?.digest, digest)
  },
  'what leads elsewhere by now stays': async (t, fixture, repository) => {
    const { inventory } = fixture
    const digest = await fixture.tag(repository, '1', 'one')
    await fixture.tag(repository, 'also', 'one') // or it would be no more, where there is no trash
    const moved = await fixture.tag(repository, '1', 'two')
    t.not(moved, digest)
    t.is((await removeTag(fixture, tagOf(repository, '1'), digest)).kind, 'drifted')
    t.is((await inventory.item(tagOf(repository, '1'), noWants))?.digest, moved)
  },
  'the revision is another one after each change, and the same without any': async (t, fixture, repository) => {
    const { inventory } = fixture
    const digest = await fixture.tag(repository, '1', 'one')
    const first = await inventory.revision()
    t.is(await inventory.revision(), first)
    await fixture.tag(repository, '2', 'two')
    const second = await inventory.revision()
    t.not(second, first)
    await removeTag(fixture, tagOf(repository, '1'), digest)
    t.not(await inventory.revision(), second)
  },
  'content goes with the last that has it': async (t, fixture, repository) => {
    const { inventory } = fixture
    await fixture.tag(repository, '1', 'one')
    await fixture.tag(repository, '2', 'one')
    const one = await inventory.freedBy([tagOf(repository, '1')])
    t.is(one.bytes, 0)
    const both = await inventory.freedBy([tagOf(repository, '1'), tagOf(repository, '2')])
    t.true(both.bytes > 0)
    t.deepEqual(await inventory.freedBy([]), { bytes: 0, shared: 0, sharedWith: [] })
    t.is((await inventory.freedBy([tagOf(repository, '3')])).bytes, 0, 'what is not there frees nothing')
    t.deepEqual(await namesOf(t, inventory, repository), ['1', '2'], 'nothing went')
  },
  'an image without a tag is an item of its own': async (t, fixture, repository) => {
    if (fixture.loosen === undefined) return void t.pass('there are none')
    const digest = await fixture.tag(repository, '1', 'one')
    await fixture.loosen(repository, '1', 'one')
    const found: ItemFacts[] = []
    for await (const { repository: name } of fixture.inventory.repositories()) {
      const items = await itemsOf(t, fixture.inventory, name)
      found.push(...items.filter((item) => item.digest === digest))
    }
    t.is(found.length, 1)
    t.is(found[0]?.kind, 'untagged')
    t.is(found[0]?.name, digest)
    if (found[0] !== undefined) t.deepEqual(await fixture.inventory.item(found[0], noWants), found[0])
  },
  'what is in use says so, and stays': async (t, fixture, repository) => {
    if (fixture.use === undefined) return void t.pass('nothing is in use there')
    const digest = await fixture.tag(repository, '1', 'one')
    await fixture.use(repository, '1')
    const [item] = await itemsOf(t, fixture.inventory, repository)
    t.deepEqual(
      item?.guards.map(({ kind }) => kind),
      ['in-use'],
    )
    t.not(item?.guards[0]?.about, '')
    const removal = await removeTag(fixture, tagOf(repository, '1'), digest)
    t.is(removal.kind, 'drifted')
    t.deepEqual(await namesOf(t, fixture.inventory, repository), ['1'])
  },
  'what cannot come back frees its bytes at once': async (t, fixture, repository) => {
    const { inventory } = fixture
    if (inventory.canUndo) return void t.not(inventory.undo, undefined)
    t.is(inventory.undo, undefined)
    const digest = await fixture.tag(repository, '1', 'one')
    const removal = await removeTag(fixture, tagOf(repository, '1'), digest)
    t.true(removal.kind === 'removed' && removal.freed > 0)
    t.deepEqual(await namesOf(t, inventory, repository), [])
  },
  'nothing goes that is not in the trash, and from there it comes back': async (t, fixture, repository) => {
    const { inventory, trash } = fixture
    const { undo } = inventory
    if (undo === undefined || trash === undefined) return void t.false(inventory.canUndo)
    const digest = await fixture.tag(repository, '1', 'one')
    await t.throwsAsync(async () => inventory.remove(tagOf(repository, '1'), { digest, by }), { message: /trash/ })
    t.deepEqual(await namesOf(t, inventory, repository), ['1'])
    t.is((await removeTag(fixture, tagOf(repository, '1'), digest)).kind, 'removed')
    t.deepEqual(await itemsOf(t, inventory, repository), [], 'neither as a tag, nor as an image without one')
    const back = { digest, by, instead: '1-restored' }
    t.deepEqual(await undo.restore(tagOf(repository, '1'), back), { kind: 'restored', tag: '1' })
    t.is((await inventory.item(tagOf(repository, '1'), noWants))?.digest, digest)
    t.deepEqual(await undo.restore(tagOf(repository, '1'), back), { kind: 'there already' })
  },
  'a tag that was used again keeps what it leads to': async (t, fixture, repository) => {
    const { inventory, trash } = fixture
    const { undo } = inventory
    if (undo === undefined || trash === undefined) return void t.false(inventory.canUndo)
    const digest = await fixture.tag(repository, '1', 'one')
    await removeTag(fixture, tagOf(repository, '1'), digest)
    const other = await fixture.tag(repository, '1', 'two')
    const restored = await undo.restore(tagOf(repository, '1'), { digest, by, instead: '1-restored' })
    t.deepEqual(restored, { kind: 'restored', tag: '1-restored' })
    t.is((await inventory.item(tagOf(repository, '1'), noWants))?.digest, other)
    t.is((await inventory.item(tagOf(repository, '1-restored'), noWants))?.digest, digest)
  },
  'what is purged does not come back; what the trash or a tag has stays': async (t, fixture, repository) => {
    const { inventory, trash } = fixture
    const { undo } = inventory
    if (undo === undefined || trash === undefined) return void t.false(inventory.canUndo)
    const digest = await fixture.tag(repository, '1', 'one')
    await removeTag(fixture, tagOf(repository, '1'), digest)
    const back = { digest, by, instead: '1-restored' }
    t.is(await undo.purge(repository, digest), 0, 'the trash has it')
    t.is((await undo.restore(tagOf(repository, '1'), back)).kind, 'restored')
    trash.remove(repository, digest)
    t.is(await undo.purge(repository, digest), 0, 'a tag leads to it')
    t.is((await inventory.item(tagOf(repository, '1'), noWants))?.digest, digest)
    await removeTag(fixture, tagOf(repository, '1'), digest)
    trash.remove(repository, digest)
    t.true((await undo.purge(repository, digest)) > 0)
    t.deepEqual(await undo.restore(tagOf(repository, '1'), back), { kind: 'purged' })
    t.deepEqual(await namesOf(t, inventory, repository), [])
    t.is(await undo.purge(repository, digest), 0)
  },
}
