import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { writeImages } from '../../builder/export/write-output.ts'
import { openStore } from '../../builder/store/open.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'

const names = Array.from({ length: 8 }, (_, i) => `app:${i}`)

async function makeImage(t: ExecutionContext): Promise<Workspace> {
  const space = await makeWorkspace(t)
  const context = space.write('context', { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
  await space.ok(['-q', ...names.flatMap((name) => ['-t', name]), context])
  return space
}

function namesIn(layout: string): string[] {
  const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as {
    manifests: { annotations: Record<string, string> }[]
  }
  return index.manifests.map(({ annotations }) => annotations['io.containerd.image.name'] ?? '').sort()
}

const all = names.map((name) => `docker.io/library/${name}`)

test('several writers in one process add to one layout: it has the images of all', async (t) => {
  const { root, folder } = await makeImage(t)
  const store = openStore(root)
  const image = store.images.get('app:0') ?? t.fail()
  const dest = join(folder, 'layout')
  const output = { type: 'oci', folder: true, dest } as const
  await Promise.all(all.map((name) => writeImages([{ image, names: [name] }], output, { store, stdout: undefined })))
  t.deepEqual(namesIn(dest), all)
  t.deepEqual(readdirSync(dest).sort(), ['blobs', 'index.json', 'oci-layout'])
})

test('several processes add to one layout, in which a killed writer left its lock: it has the images of all', async (t) => {
  const space = await makeImage(t)
  const dest = join(space.folder, 'layout')
  mkdirSync(join(dest, 'index.json.lock'), { recursive: true })
  writeFileSync(join(dest, 'index.json.lock/x-999999-1-000000000000-1-0'), '')
  const builds = names.slice(0, 3).map((name, i) => {
    const context = space.write(`c${i}`, { Dockerfile: `FROM scratch\nCOPY Dockerfile /${i}\n` })
    return space.ok(['-q', '-t', name, '-o', `type=oci,tar=false,dest=${dest}`, context])
  })
  await Promise.all(builds)
  t.deepEqual(namesIn(dest), all.slice(0, 3))
  t.deepEqual(readdirSync(dest).sort(), ['blobs', 'index.json', 'oci-layout'])
})

test('a writer that waits can be stopped', async (t) => {
  const { root, folder } = await makeImage(t)
  const store = openStore(root)
  const image = store.images.get('app:0') ?? t.fail()
  const dest = join(folder, 'layout')
  const output = { type: 'oci', folder: true, dest } as const
  const { underLayoutLock } = await import('../../builder/export/layout-lock.ts')
  await underLayoutLock(dest, undefined, async () => {
    const signal = AbortSignal.timeout(50)
    await t.throwsAsync(writeImages([{ image, names: [] }], output, { store, stdout: undefined, signal }))
  })
  t.deepEqual(readdirSync(dest), [])
})
