import test from 'ava'
import { build, copyImage, isIbuildError, openRegistries, pullImage, pushImage } from '../../../app/index.ts'
import { needs } from '../../testing/needs.ts'
import { makeScene } from './scene.ts'

const peer = ['root', 'busybox', 'docker-registry'] as const

needs(test.serial, ...peer)('a program pushes, copies and pulls, and is told of it', async (t) => {
  const scene = await makeScene(t)
  const events: string[] = []
  const emit = ({ type }: { readonly type: string }): void => void events.push(type)
  const name = `${scene.host}/app:1`
  const pushed = await pushImage({ root: scene.root, image: 'busybox', name, emit })
  t.is(pushed.name, name)
  t.true(events.includes('transfer-done'))
  const copied = await copyImage({ from: name, to: `${scene.host}/other` })
  t.is(copied.digest, pushed.digest)
  t.is(copied.name, `${scene.host}/other:1`)
  const pulled = await pullImage({ root: scene.other.IBUILD_ROOT, name: copied.name })
  t.deepEqual([pulled.digest, pulled.isNew, pulled.names], [pushed.digest, true, [copied.name]])
})

needs(test.serial, ...peer)('a program builds on an image of a registry and pushes what it built', async (t) => {
  const scene = await makeScene(t)
  await pushImage({ root: scene.root, image: 'busybox', name: `${scene.host}/base:1` })
  const registries = openRegistries()
  t.teardown(() => registries.close())
  const { images, publisher } = registries
  const path = scene.write('c', { Dockerfile: `FROM ${scene.host}/base:1\nCOPY f /f\n`, f: 'f' })
  const name = `${scene.host}/app:1`
  const options = { root: scene.other.IBUILD_ROOT, context: { kind: 'directory', path } as const, tags: [name] }
  const built = await build({ ...options, outputs: [{ type: 'registry' }], images, publisher })
  t.is(built.outputs[0]?.dest, name)
  const pulled = await pullImage({ root: scene.root, name })
  t.is(pulled.imageID, built.imageID)
})

needs(test.serial, ...peer)(
  'errors have codes; what a listener throws stops the work; an abort is CANCELLED',
  async (t) => {
    const scene = await makeScene(t)
    const name = `${scene.host}/app:1`
    const pull = async (more: object = {}) => pullImage({ root: scene.other.IBUILD_ROOT, name, ...more })
    t.true(isIbuildError(await pull().catch((error: unknown) => error), 'REGISTRY_NOT_FOUND'))
    await pushImage({ root: scene.root, image: 'busybox', name })
    const failure = new Error('the listener failed')
    const emit = (): void => {
      throw failure
    }
    t.is(await pull({ emit }).catch((error: unknown) => error), failure)
    const aborted = await pull({ signal: AbortSignal.abort() }).catch((error: unknown) => error)
    t.true(isIbuildError(aborted, 'CANCELLED'))
    t.true(isIbuildError(await pull({ name: 'UPPER' }).catch((error: unknown) => error), 'REFERENCE_INVALID'))
    t.true(isIbuildError(await pull({ name: undefined }).catch((error: unknown) => error), 'USAGE'))
  },
)
