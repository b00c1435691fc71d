import test, { type ExecutionContext } from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { RegistryError } from '../protocol/error.ts'
import type { RepositoryName } from '../protocol/names.ts'
import type { Files } from '../storage/files.ts'
import type { Random, SimulatedDisk } from '../storage/testing/simulated-disk.ts'
import { type BlobServices, blobServices, body, one, two } from './testing/blob-services.ts'
import { type CutMutation, type CutPlan, cutAt, liesOfAll } from './testing/power-cut.ts'
import { removeDoomed } from './unused-blobs.ts'

/** What was told: of blobs, whether the repository has them; of uploads, how much is there. Nothing of what was under way. */
interface Told {
  readonly links: Map<string, { readonly name: RepositoryName; readonly text: string; readonly isThere: boolean }>
  readonly uploads: Map<string, { readonly name: RepositoryName; readonly given: string; readonly offset: number }>
}

const names = [one, two] as const
const texts = ['', 'one', 'two', 'some longer text', 'and one more']

async function work(services: BlobServices, told: Told, random: Random): Promise<void> {
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)]
  for (;;) {
    const [name, text, choice] = [pick(names) ?? one, pick(texts) ?? '', random()]
    const open = pick([...told.uploads.keys()])
    if (choice < 0.3) await push(services, told, { name, text })
    else if (choice < 0.4)
      await changeLink({ told, name, text }, false, async () => services.blobs.remove(name, digestOf(text)))
    else if (choice < 0.5) await changeLink({ told, name, text }, true, async () => mount(services, name, text))
    else if (choice < 0.6 || open === undefined) {
      const { id } = await services.uploads.start(name)
      told.uploads.set(id, { name, given: '', offset: 0 })
    } else if (choice < 0.9) await append(services, told, { id: open, text, isBroken: random() < 0.3 })
    else await finish(services, told, open)
  }
}

interface Blob {
  readonly name: RepositoryName
  readonly text: string
}

async function push({ uploads }: BlobServices, told: Told, { name, text }: Blob): Promise<void> {
  await changeLink({ told, name, text }, true, async () => {
    const { id } = await uploads.start(name)
    await uploads.finish(name, id, { digest: digestOf(text), body: { bytes: body(text) } })
  })
}

async function mount({ blobs }: BlobServices, name: RepositoryName, text: string): Promise<void> {
  if (!(await blobs.mount(name, digestOf(text), {}))) throw new RegistryError('BLOB_UNKNOWN', 'nothing to mount')
}

/** While it is under way nothing is known of the link. */
async function changeLink(
  { told, name, text }: Blob & { readonly told: Told },
  isThere: boolean,
  change: () => Promise<void>,
): Promise<void> {
  const key = `${name} ${text}`
  const before = told.links.get(key)
  told.links.delete(key)
  try {
    await change()
    told.links.set(key, { name, text, isThere })
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    if (before !== undefined) told.links.set(key, before)
  }
}

async function append(
  { uploads }: BlobServices,
  told: Told,
  { id, text, isBroken }: { readonly id: string; readonly text: string; readonly isBroken: boolean },
): Promise<void> {
  const known = told.uploads.get(id)
  if (known === undefined) return
  const given = known.given.slice(0, known.offset) + text
  told.uploads.set(id, { ...known, given })
  const parts = isBroken ? [text, new BrokenOff('gone')] : [text]
  await uploads.append(known.name, id, { bytes: body(...parts) }).catch((error: unknown) => {
    if (!(error instanceof BrokenOff)) throw error
  })
  const { offset } = await uploads.state(known.name, id)
  told.uploads.set(id, { ...known, given, offset })
}

class BrokenOff extends Error {}

async function finish({ uploads }: BlobServices, told: Told, id: string): Promise<void> {
  const known = told.uploads.get(id)
  if (known === undefined) return
  told.uploads.delete(id)
  const { name, given } = known
  await changeLink({ told, name, text: given }, true, async () => uploads.finish(name, id, { digest: digestOf(given) }))
}

/** What was told and is not so after the power was cut, or the process killed, at the `at`-th call. */
async function liesAt(t: ExecutionContext, at: number, plan: CutPlan): Promise<string[]> {
  const told: Told = { links: new Map(), uploads: new Map() }
  const { disk, stores } = await cutAt(at, plan, async (before, random) => work(blobServices(t, before), told, random))
  const services = blobServices(t, stores)
  await removeDoomed(services.parts)
  const lies = [...(await wrongLinks(services, told)), ...(await wrongOffsets(services, told))]
  return [...lies, ...(await leftOver(services, disk, plan.isKilled === true))]
}

async function wrongLinks({ blobs }: BlobServices, { links }: Told): Promise<string[]> {
  const found: string[] = []
  for (const { name, text, isThere } of links.values()) {
    const content = await contentOf(blobs, name, text)
    if (content !== (isThere ? text : undefined)) found.push(`${name} ${text}: ${String(content)}`)
  }
  return found
}

async function contentOf(
  blobs: BlobServices['blobs'],
  name: RepositoryName,
  text: string,
): Promise<string | undefined> {
  try {
    const reader = await blobs.open(name, digestOf(text))
    const bytes = Buffer.alloc(reader.size)
    await reader.read(bytes, 0)
    await reader.close()
    return bytes.toString()
  } catch (error) {
    return error instanceof RegistryError && error.code === 'BLOB_UNKNOWN' ? undefined : String(error)
  }
}

/** An offset that was told is there, and all up to the one that is told now are the bytes that were given. */
async function wrongOffsets({ uploads }: BlobServices, told: Told): Promise<string[]> {
  const found: string[] = []
  for (const [id, { name, given, offset }] of told.uploads) {
    const state = await uploads.state(name, id).catch(() => undefined)
    if (state === undefined && offset === 0) continue
    if (state === undefined || state.offset < offset) found.push(`${id}: ${state?.offset} of ${offset}`)
    if (state === undefined) continue
    const digest = digestOf(given.slice(0, state.offset))
    await uploads.finish(name, id, { digest }).catch((error: unknown) => found.push(`${id}: ${String(error)}`))
  }
  return found
}

/**
 * Bytes that nobody has, once the uploads are given up that were becoming them. A power cut may leave a blob: the row that
 * tells what an upload is becoming is not synced.
 */
async function leftOver(
  { uploads, clock, metadata }: BlobServices,
  disk: SimulatedDisk,
  isKilled: boolean,
): Promise<string[]> {
  // Their ages count from now on.
  await uploads.list()
  clock.now += 1e10
  await uploads.purge()
  const rows = await metadata.list({ prefix: 'blob ', limit: 1000 })
  const known = new Set(rows.map(({ key }) => key.slice(-64)))
  const isStray = (path: string): boolean => path.includes('/blobs/') && isKilled && !known.has(path.slice(-64))
  return disk.list().filter((path) => path.includes('/uploads/') || isStray(path))
}

async function allLies(t: ExecutionContext, plan: CutPlan, until: number): Promise<string[]> {
  return liesOfAll({ from: 18, until }, (at) => liesAt(t, at, plan))
}

test('whenever the power is cut, what was told is so, and nothing of an upload is left', async (t) => {
  t.deepEqual(await allLies(t, { mutation: {} }, 250), [])
})

test('whenever the process is killed, what was told is so, and nothing is left at all', async (t) => {
  t.deepEqual(await allLies(t, { mutation: {}, isKilled: true }, 200), [])
})

const mutations: readonly [string, CutMutation, boolean?][] = [
  ['rows are not synced', { isUnsynced: true }],
  [
    'blobs are not synced',
    { files: (files) => ({ ...files, open: async (path, how) => unsynced(await files.open(path, how)) }) },
  ],
  ['folders are not synced', { files: (files) => ({ ...files, syncFolder: async () => undefined }) }],
  ['uploads are not looked for that nobody has', { driver: (driver) => ({ ...driver, listUploads: async () => [] }) }],
  [
    'blobs are not looked for that an upload was becoming',
    { driver: (driver) => ({ ...driver, remove: async () => false }) },
    true,
  ],
]
for (const [title, mutation, isKilled = false] of mutations) {
  test(`that is seen when ${title}`, async (t) => {
    const lies = await allLies(t, { mutation, isKilled }, 120)
    t.true(lies.length > 0)
    t.log(lies.length, lies[0])
  })
}

function unsynced(file: Awaited<ReturnType<Files['open']>>): typeof file {
  return file && { ...file, sync: async () => undefined }
}
