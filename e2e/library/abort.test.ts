import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable, Writable } from 'node:stream'
import test, { type ExecutionContext } from 'ava'
import {
  type BuildOptions,
  build,
  exportRootfs,
  importRootfs,
  listImages,
  loadImages,
  openRegistries,
  prune,
  runImage,
  saveImages,
  squashImage,
} from '../../app/index.ts'
import { needs } from '../testing/needs.ts'
import { remainsOf } from '../testing/remains.ts'
import { busyboxTar } from '../testing/workspace.ts'

const mebi = 1024 * 1024

class Place {
  readonly folder = mkdtempSync(join(tmpdir(), 'ibuild-abort-'))
  readonly root = join(this.folder, 'data')
  readonly context = join(this.folder, 'context')
  readonly options: Pick<BuildOptions, 'root' | 'context' | 'tags'> = {
    root: this.root,
    context: { kind: 'directory', path: this.context },
    tags: ['never'],
  }

  constructor(t: ExecutionContext, dockerfile: string) {
    mkdirSync(this.context)
    writeFileSync(join(this.context, 'Dockerfile'), dockerfile)
    t.teardown(() => rmSync(this.folder, { recursive: true, force: true }))
  }

  /** A file of zeros that takes no room on the disk. */
  addBig(bytes: number): void {
    writeFileSync(join(this.context, 'big'), '')
    truncateSync(join(this.context, 'big'), bytes)
  }
}

/** Asserts that work rejects with CANCELLED soon after the abort, and that nothing of it is left. */
async function assertCancelled(
  t: ExecutionContext,
  place: Place,
  work: (stop: Stop) => Promise<unknown>,
): Promise<void> {
  const controller = new AbortController()
  let stopped = 0
  const stop = (): void => {
    stopped ||= performance.now()
    controller.abort(new Error('enough'))
  }
  const error = await t.throwsAsync(work({ stop, signal: controller.signal }), { code: 'CANCELLED' })
  t.is((error.cause as Error).message, 'enough')
  t.true(performance.now() - stopped < 3000, `it took ${performance.now() - stopped} ms`)
  await assertNothingLeft(t, place)
}

interface Stop {
  readonly stop: () => void
  readonly signal: AbortSignal
}

async function assertNothingLeft(t: ExecutionContext, { root, folder }: Pick<Place, 'root' | 'folder'>): Promise<void> {
  const owners = existsSync(root) ? readdirSync(join(root, 'tmp')) : []
  const temporary = owners.flatMap((owner) => readdirSync(join(root, 'tmp', owner)))
  t.deepEqual(temporary, [], 'no temporary folder')
  t.deepEqual(await remainsOf(folder), [], 'no process, no mount')
  const names = (await listImages({ root })).flatMap((image) => image.names)
  t.false(names.includes('never:latest'), 'no name')
  await prune({ root, signal: AbortSignal.timeout(5000) })
  t.pass('no lock is held')
}

test('before the Dockerfile is read', async (t) => {
  const place = new Place(t, 'FROM scratch\nCOPY Dockerfile /\n')
  await assertCancelled(t, place, async ({ stop, signal }) => {
    await listImages(place)
    stop()
    return build({ ...place.options, signal })
  })
})

test('while a context that comes from a stream is silent', async (t) => {
  const place = new Place(t, '')
  await listImages(place)
  const stream = new PassThrough()
  await assertCancelled(t, place, async ({ stop, signal }) => {
    setTimeout(stop, 50)
    return build({ ...place.options, context: { kind: 'stream', stream }, signal })
  })
  t.true(stream.destroyed)
})

test('a context that comes from a silent stream does not keep a build whose image nobody takes', async (t) => {
  const place = new Place(t, '')
  await listImages(place)
  const stream = new PassThrough()
  t.teardown(() => stream.destroy())
  const registries = openRegistries()
  t.teardown(() => registries.close())
  const { images, publisher } = registries
  const context = { kind: 'stream', stream } as const
  const tags = ['127.0.0.1:1/never']
  const work = build({ ...place.options, context, tags, outputs: [{ type: 'registry' }], images, publisher })
  await t.throwsAsync(work, { code: 'REGISTRY_UNREACHABLE' })
  t.true(stream.destroyed)
  await assertNothingLeft(t, place)
})

test.serial('while a large file is hashed', async (t) => {
  const place = new Place(t, 'FROM scratch\nCOPY big /\n')
  await listImages(place)
  place.addBig(64 * 1024 * mebi)
  await assertCancelled(t, place, async ({ stop, signal }) => {
    setTimeout(stop, 150)
    return build({ ...place.options, signal })
  })
})

test.serial('while a layer is written', async (t) => {
  const place = new Place(t, 'FROM scratch\nCOPY big /\n')
  place.addBig(256 * mebi)
  const events: string[] = []
  await assertCancelled(t, place, ({ stop, signal }) => {
    const emit: BuildOptions['emit'] = ({ type }) => {
      events.push(type)
      if (type === 'step-started') setTimeout(stop, 5)
    }
    return build({ ...place.options, emit, signal })
  })
  t.deepEqual(events, ['step-started', 'step-cancelled'])
})

for (const type of ['oci', 'tar'] as const) {
  test(`while an output is written to a stream that takes no more: ${type}`, async (t) => {
    const place = new Place(t, 'FROM scratch\nCOPY big /\n')
    place.addBig(8 * mebi)
    await assertCancelled(t, place, ({ stop, signal }) => {
      const stdout = new Writable({ write: () => setTimeout(stop, 20) })
      // The image has its name by then: only the output is cut off.
      return build({ ...place.options, tags: [], outputs: [{ type, dest: '-' }], stdout, signal })
    })
  })
}

test('while an output is written to a file', async (t) => {
  const place = new Place(t, 'FROM scratch\nCOPY big /\n')
  place.addBig(64 * mebi)
  await build({ ...place.options, tags: [] })
  const dest = join(place.folder, 'out', 'image.tar')
  await assertCancelled(t, place, ({ stop, signal }) => {
    const emit: BuildOptions['emit'] = ({ type }) => type === 'step-cached' && setTimeout(stop, 5)
    return build({ ...place.options, tags: [], outputs: [{ type: 'oci', dest }], emit, signal })
  })
  t.deepEqual(readdirSync(join(place.folder, 'out')), [], 'no half file')
})

test('while an image is saved or exported', async (t) => {
  const place = new Place(t, 'FROM scratch\nCOPY big /\n')
  place.addBig(8 * mebi)
  const { imageID } = await build({ ...place.options, tags: [] })
  for (const open of [
    (signal: AbortSignal) => saveImages({ root: place.root, images: [imageID], signal }),
    (signal: AbortSignal) => exportRootfs({ root: place.root, source: imageID, signal }),
  ]) {
    const controller = new AbortController()
    const read = async (): Promise<void> => {
      for await (const _piece of open(controller.signal)) controller.abort()
    }
    await t.throwsAsync(read(), { code: 'CANCELLED' })
  }
  await assertNothingLeft(t, place)
})

test('while an archive is loaded or imported', async (t) => {
  const place = new Place(t, 'FROM scratch\nCOPY big /\n')
  place.addBig(8 * mebi)
  const { imageID } = await build({ ...place.options, tags: [] })
  const other = join(place.folder, 'other')
  for (const work of [
    (source: AsyncIterable<Uint8Array>, signal: AbortSignal) => loadImages({ root: other, archive: source, signal }),
    (source: AsyncIterable<Uint8Array>, signal: AbortSignal) => importRootfs({ root: other, tar: source, signal }),
  ]) {
    const controller = new AbortController()
    const source = (async function* () {
      let size = 0
      for await (const piece of saveImages({ root: place.root, images: [imageID] })) {
        size += piece.length
        if (size > mebi) controller.abort()
        yield piece
      }
    })()
    await t.throwsAsync(work(source, controller.signal), { code: 'CANCELLED' })
    t.deepEqual(await listImages({ root: other }), [])
  }
  await assertNothingLeft(t, { folder: place.folder, root: other })
  await assertNothingLeft(t, place)
})

test('while layers are merged', async (t) => {
  const place = new Place(t, 'FROM scratch\nCOPY big /a\nCOPY Dockerfile /b\n')
  place.addBig(128 * mebi)
  const { imageID } = await build({ ...place.options, tags: [] })
  await assertCancelled(t, place, ({ stop, signal }) => {
    setTimeout(stop, 20)
    return squashImage({ root: place.root, image: imageID, name: 'never', signal })
  })
  await assertCancelled(t, place, ({ stop, signal }) => {
    const emit: BuildOptions['emit'] = ({ type }) => type === 'step-cached' && setTimeout(stop, 20)
    return build({ ...place.options, squash: 'all', emit, signal })
  })
})

test('while layers are compressed', async (t) => {
  const place = new Place(t, 'FROM scratch\nCOPY big /\n')
  place.addBig(128 * mebi)
  const { imageID } = await build({ ...place.options, tags: [] })
  const compression = { format: 'gzip', level: 9 } as const
  await assertCancelled(t, place, async ({ stop, signal }) => {
    setTimeout(stop, 20)
    for await (const _piece of saveImages({ root: place.root, images: [imageID], compression, signal }));
  })
})

test('while prune waits for a reader', async (t) => {
  const place = new Place(t, 'FROM scratch\nCOPY Dockerfile /\n')
  const { imageID } = await build({ ...place.options, tags: [] })
  const reader = saveImages({ root: place.root, images: [imageID] })[Symbol.asyncIterator]()
  await reader.next()
  await t.throwsAsync(prune({ root: place.root, signal: AbortSignal.timeout(50) }), { code: 'CANCELLED' })
  await reader.return?.()
  await assertNothingLeft(t, place)
})

test('while the files of an image are written to a folder', async (t) => {
  const place = new Place(t, 'FROM scratch\nCOPY big /\n')
  place.addBig(256 * mebi)
  await build({ ...place.options, tags: [] })
  const dest = join(place.folder, 'out')
  await assertCancelled(t, place, ({ stop, signal }) => {
    const emit: BuildOptions['emit'] = ({ type }) => type === 'step-cached' && setTimeout(stop, 10)
    return build({ ...place.options, tags: [], outputs: [{ type: 'local', dest }], emit, signal })
  })
})

const withRuntime = needs(test.serial, 'root', 'busybox', 'tar', 'runc')

withRuntime('while a RUN goes on, and one that waits for it', async (t) => {
  const place = new Place(
    t,
    'FROM busybox AS a\nRUN echo ready; sleep 1000\nFROM busybox\nCOPY --from=a /etc/passwd /x\n',
  )
  await importRootfs({ root: place.root, tar: Readable.from([await busyboxTar()]), name: 'busybox' })
  await assertCancelled(t, place, ({ stop, signal }) => {
    const emit: BuildOptions['emit'] = ({ type }) => type === 'step-output' && stop()
    return build({ ...place.options, emit, signal })
  })
  await assertCancelled(t, place, ({ stop, signal }) =>
    runImage({
      root: place.root,
      image: 'busybox',
      args: ['sh', '-c', 'echo ready; sleep 1000'],
      onOutput: stop,
      signal,
    }),
  )
})

withRuntime('while the layers below a RUN are extracted', async (t) => {
  const place = new Place(t, 'FROM scratch\nCOPY big /\nRUN ["/x"]\n')
  place.addBig(256 * mebi)
  await assertCancelled(t, place, ({ stop, signal }) => {
    const emit: BuildOptions['emit'] = (event) =>
      event.type === 'step-started' && event.step === 2 && setTimeout(stop, 50)
    return build({ ...place.options, emit, signal })
  })
  t.deepEqual(readdirSync(join(place.root, 's')), [], 'no half snapshot')
})

withRuntime('a listener that throws in the middle of the output of a RUN stops the build', async (t) => {
  const place = new Place(t, 'FROM busybox\nRUN echo ready; sleep 1000\n')
  await importRootfs({ root: place.root, tar: Readable.from([await busyboxTar()]), name: 'busybox' })
  const emit: BuildOptions['emit'] = ({ type }) => {
    if (type === 'step-output') throw new TypeError('mine')
  }
  await t.throwsAsync(build({ ...place.options, emit }), { instanceOf: TypeError, message: 'mine' })
  await assertNothingLeft(t, place)
  const onOutput = (): void => {
    throw new TypeError('mine')
  }
  const run = runImage({ root: place.root, image: 'busybox', args: ['sh', '-c', 'echo ready; sleep 1000'], onOutput })
  await t.throwsAsync(run, { instanceOf: TypeError })
  await assertNothingLeft(t, place)
})
