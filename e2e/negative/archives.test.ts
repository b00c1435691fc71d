import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { type LoadedImage, loadImages } from '../../builder/export/load.ts'
import { openStore } from '../../builder/store/open.ts'
import type { Store } from '../../builder/store/types.ts'
import { isIbuildError } from '../../shared/base/errors.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import { badArchives, flipAt } from './bad-archives.ts'
import { dockerArchive, layoutArchive } from './image-archive.ts'

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

function emptyStore(t: ExecutionContext): Store {
  return openStore(join(temporaryFolder(t), 'data'))
}

/** The error's code, or what was loaded. */
async function load(store: Store, bytes: Uint8Array): Promise<string | LoadedImage[]> {
  try {
    return await loadImages(store, once(bytes))
  } catch (error) {
    if (isIbuildError(error)) return error.code
    throw error
  }
}

async function removeAll(store: Store): Promise<void> {
  for (const image of store.images.list()) await store.images.remove(image.manifestDigest)
}

/** No image, no tag, no temporary folder; and a good archive can be loaded. */
async function assertUntouched(t: ExecutionContext, store: Store): Promise<void> {
  t.deepEqual(store.images.list(), [])
  t.deepEqual(store.tags.list(), [])
  const own = readdirSync(join(store.root, 'tmp')).flatMap((name) => readdirSync(join(store.root, 'tmp', name)))
  t.deepEqual(own, [])
  t.is((await load(store, dockerArchive())).length, 1)
}

for (const [title, archive, codes] of badArchives) {
  test(`load of an archive with ${title}: ${codes.join(' or ')}`, async (t) => {
    const store = emptyStore(t)
    const got = await load(store, archive())
    t.true(
      codes.includes(typeof got === 'string' ? got : 'loaded'),
      `it was ${typeof got === 'string' ? got : 'loaded'}`,
    )
    if (typeof got === 'string') await assertUntouched(t, store)
  })
}

test('the archives that the others are made from can be loaded', async (t) => {
  for (const bytes of [
    dockerArchive(),
    layoutArchive(),
    gzipSync(dockerArchive()),
    zstdCompressSync(layoutArchive()),
  ]) {
    const got = await load(emptyStore(t), bytes)
    t.true(Array.isArray(got), JSON.stringify(got))
  }
})

for (const [title, bytes] of [
  ['docker archive', dockerArchive()],
  ['OCI layout', layoutArchive()],
  ['compressed archive', gzipSync(dockerArchive())],
] as const) {
  test(`a ${title} that is cut anywhere is refused, or was whole`, async (t) => {
    const store = emptyStore(t)
    const whole = await load(emptyStore(t), bytes)
    const id = Array.isArray(whole) ? whole[0]?.image.imageID : undefined
    const step = Math.max(1, Math.floor(bytes.length / 97))
    let refused = 0
    for (let length = 0; length < bytes.length; length += step) {
      const got = await load(store, bytes.subarray(0, length))
      if (typeof got === 'string') refused++
      else {
        t.deepEqual(
          got.map(({ image }) => image.imageID),
          [id],
          `the first ${length} bytes`,
        )
        await removeAll(store)
      }
    }
    t.true(refused > 50, `${refused} refused`)
    await assertUntouched(t, store)
  })

  test(`a ${title} with a flipped bit is refused, or gives what it says`, async (t) => {
    const whole = await load(emptyStore(t), bytes)
    const id = Array.isArray(whole) ? whole[0]?.image.config.rootfs.diff_ids : undefined
    const step = Math.max(1, Math.floor(bytes.length / 211))
    const store = emptyStore(t)
    for (let at = 3; at < bytes.length; at += step) {
      const got = await load(store, flipAt(bytes, at))
      if (typeof got === 'string') continue
      for (const { image } of got) t.deepEqual(image.config.rootfs.diff_ids, id, `bit at ${at}`)
    }
    await removeAll(store)
    await assertUntouched(t, store)
  })
}
