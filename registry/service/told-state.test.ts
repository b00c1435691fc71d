import test from 'ava'
import { parseJson } from '../../shared/base/json.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { createHashPool } from '../storage/intake/hash-pool.ts'
import { createMemoryDriver } from '../storage/memory-driver.ts'
import { eventRows, linkRows, tagRows } from '../storage/rows.ts'
import { PowerCut, type Random, randomFrom } from '../storage/testing/simulated-disk.ts'
import { createService } from './create-service.ts'
import type { Occurrence } from './occurrence.ts'
import { createCutMetadata } from './testing/cut-metadata.ts'
import { isRegistryError } from './testing/errors.ts'
import { imageOf, named, pushArtifact } from './testing/images.ts'
import type { RegistryService } from './types.ts'

const hashes = createHashPool(1)
test.after.always(() => hashes.close())

const names = ['a', 'b'].map(named)
const tags = ['1', '2', '3']
const images = ['x', 'y', 'z'].map((text) => imageOf(text))

type Change = Parameters<RowStore['commit']>[0]
type Mutation = (store: RowStore) => RowStore

/** Events in a change of their own, as is forbidden. */
const apart =
  (isFirst: boolean): Mutation =>
  (store) => ({
    ...store,
    commit: async ({ append = [], ...change }: Change) => {
      const told = async (): Promise<void> => (append.length === 0 ? undefined : store.commit({ append }))
      if (isFirst) await told()
      await store.commit(change)
      if (!isFirst) await told()
    },
  })

async function work(service: RegistryService, random: Random): Promise<void> {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  for (;;) {
    const [name, tag, image, choice] = [pick(names), pick(tags), pick(images), random()]
    try {
      if (choice < 0.5) await pushArtifact(service, name, image, random() < 0.5 ? [tag] : tags)
      else if (choice < 0.7) await service.manifests.remove(name, { tag })
      else if (choice < 0.8) await service.manifests.remove(name, { digest: image.digest })
      else if (choice < 0.9) await service.blobs.remove(name, pick(images).digest)
      else for (const blob of image.blobs.keys()) await mountOrRemove(service, { name, image, blob }, random)
    } catch (error) {
      if (!isRegistryError(error)) throw error
    }
  }
}

interface BlobChoice {
  readonly name: (typeof names)[number]
  readonly image: (typeof images)[number]
  readonly blob: number
}

async function mountOrRemove(
  { blobs }: RegistryService,
  { name, image, blob }: BlobChoice,
  random: Random,
): Promise<void> {
  const manifest = parseJson(image.bytes, { what: 'manifest' }) as {
    readonly config: { readonly digest: string }
    readonly layers: readonly { readonly digest: string }[]
  }
  const digest = (blob === 0 ? manifest.config.digest : (manifest.layers[0]?.digest ?? '')) as typeof image.digest
  if (random() < 0.5) await blobs.mount(name, digest, {})
  else await blobs.remove(name, digest)
}

/** What there is by what was told. */
function stateOf(occurrences: readonly Occurrence[]): readonly string[] {
  const state = new Map<string, string>()
  for (const { action, kind, name, digest = '', tag } of occurrences) {
    if (kind === 'blob' && action === 'delete') state.delete(`link ${name} ${digest}`)
    else if (kind === 'blob') state.set(`link ${name} ${digest}`, '')
    else if (tag === undefined) continue
    else if (action === 'push') state.set(`tag ${name} ${tag}`, digest)
    else state.delete(`tag ${name} ${tag}`)
  }
  return [...state].map((pair) => pair.join(' ').trim()).sort()
}

/** What there is by the rows of tags and links. */
async function storedIn(metadata: RowStore): Promise<readonly string[]> {
  const found = await metadata.list({ prefix: tagRows.prefix(), limit: 1000 })
  const links = await metadata.list({ prefix: linkRows.prefix(), limit: 1000 })
  return [
    ...found.map(({ key, value }) => `${key} ${tagRows.parse(key, value).digest}`),
    ...links.map(({ key }) => key),
  ].sort()
}

async function cutAt(at: number, mutation: Mutation): Promise<{ told: readonly string[]; stored: readonly string[] }> {
  const random = randomFrom(at)
  let calls = 0
  const metadata = createCutMetadata(() => {
    if (++calls >= at) throw new PowerCut()
  })
  try {
    const service = await createService({
      driver: createMemoryDriver(),
      metadata: mutation(metadata.store),
      hashes,
      tell: (occurrences) =>
        occurrences.map((one) => ({ log: 'event', value: JSON.stringify({ ...one, bytes: undefined }) })),
    })
    await work(service, random)
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error
  }
  const after = await metadata.cut(random)
  const rows = await after.list({ prefix: eventRows.prefix(), limit: 10_000 })
  const told = rows.map(({ value }) => parseJson(value, { what: 'event' }) as unknown as Occurrence)
  return { told: stateOf(told), stored: await storedIn(after) }
}

const cuts = Array.from({ length: 120 }, (_, i) => 5 + 3 * i)

test('wherever the power goes, what was told is what there is', async (t) => {
  let most = 0
  for (const at of cuts) {
    const { told, stored } = await cutAt(at, (store) => store)
    t.deepEqual(told, stored, `call ${at}`)
    most = Math.max(most, stored.length)
  }
  t.true(most > 8)
})

for (const isFirst of [true, false]) {
  test(`events that are written ${isFirst ? 'before' : 'after'} what they tell of are found out`, async (t) => {
    let lies = 0
    for (const at of cuts) {
      const { told, stored } = await cutAt(at, apart(isFirst))
      if (JSON.stringify(told) !== JSON.stringify(stored)) lies++
    }
    t.true(lies > 0)
  })
}
