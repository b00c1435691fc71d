import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { openStore } from '../../builder/store/open.ts'
import { crashEveryCall } from '../testing/crash.ts'
import { needs } from '../testing/needs.ts'
import { ibuildScript, makeWorkspace, type Workspace } from '../testing/workspace.ts'
import { crashCommand } from './crash-command.ts'

async function twoLayers(t: ExecutionContext): Promise<Workspace> {
  const space = await makeWorkspace(t)
  const context = space.write('context', { Dockerfile: 'FROM scratch\nCOPY a /\nCOPY b /\n', a: 'a', b: 'b' })
  await space.ok(['-t', 'app:1', context])
  return space
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

needs(test.serial, 'gcc')(
  'save with compression, killed at any call: no half archive, and no wrong copy is remembered',
  async (t) => {
    const space = await twoLayers(t)
    const args = ['save', '--compression', 'gzip', '-o', path.join(space.folder, 'whole.tar'), 'app:1']
    const diffIDs = openStore(space.root).images.get('app:1')?.config.rootfs.diff_ids ?? []
    t.is(diffIDs.length, 2)
    const before = path.join(space.folder, 'before.tar')
    await space.ok(args.with(4, before))
    const expected = sha256(readFileSync(before))
    await space.ok(['prune', '--all'])
    const archive = args[4] ?? ''
    const kills = await crashCommand(t, space, {
      args,
      check: (store, at) => {
        for (const diffID of diffIDs) {
          const copy = store.compressed.get({ diffID, format: 'gzip', level: 6 })
          if (copy !== undefined) t.is(`sha256:${sha256(readFileSync(store.blobs.path(copy.digest)))}`, copy.digest, at)
        }
        if (existsSync(archive)) t.is(sha256(readFileSync(archive)), expected, at)
        rmSync(archive, { force: true })
      },
      checkAgain: (store, at) => {
        t.is(sha256(readFileSync(archive)), expected, at)
        for (const diffID of diffIDs) t.truthy(store.compressed.get({ diffID, format: 'gzip', level: 6 }), at)
        rmSync(archive)
        t.deepEqual(partials(space.folder), [], `${at}: nothing is left of the archive`)
      },
    })
    t.true(kills > 15, `${kills} kills`)
  },
)

function partials(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.partial'))
}

interface Layout {
  readonly manifests: readonly { readonly digest: string; readonly annotations: Readonly<Record<string, string>> }[]
}

/** The names in a layout, after asserting that all it names is there and whole; none when there is no index yet. */
function namesIn(t: ExecutionContext, layout: string, at: string): (string | undefined)[] {
  if (!existsSync(path.join(layout, 'index.json'))) return []
  t.true(existsSync(path.join(layout, 'oci-layout')), at)
  const blob = (digest: string): Buffer => {
    const bytes = readFileSync(path.join(layout, 'blobs', digest.replace(':', '/')))
    t.is(`sha256:${sha256(bytes)}`, digest, at)
    return bytes
  }
  const { manifests } = JSON.parse(readFileSync(path.join(layout, 'index.json'), 'utf8')) as Layout
  return manifests.map(({ digest, annotations }) => {
    const { config, layers } = JSON.parse(blob(digest).toString()) as Record<string, { digest: string }[]> & {
      config: { digest: string }
    }
    for (const each of [config, ...(layers ?? [])]) blob(each.digest)
    return annotations['io.containerd.image.name']
  })
}

needs(test.serial, 'gcc')('save into a layout, killed at any call: the layout is the old or the new', async (t) => {
  t.timeout(600_000)
  const space = await twoLayers(t)
  const context = space.write('other', { Dockerfile: 'FROM scratch\nCOPY c /\n', c: 'c' })
  await space.ok(['-t', 'other:1', context])
  const layout = path.join(space.folder, 'layout')
  const save = (name: string): string[] => ['save', '--format', 'oci-dir', '-o', layout, name]
  const [old, added] = ['docker.io/library/other:1', 'docker.io/library/app:1']
  const { kills, reached } = await crashEveryCall({
    script: ibuildScript,
    args: save('app:1'),
    env: { IBUILD_ROOT: space.root },
    cwd: space.folder,
    within: layout,
    prepare: async () => {
      rmSync(layout, { recursive: true, force: true })
      await space.ok(save('other:1'))
    },
    check: async (at) => {
      const names = namesIn(t, layout, at)
      t.true(names.length === 1 ? names[0] === old : names.join(' ') === `${old} ${added}`, `${at}: ${names.join(' ')}`)
      await space.ok(save('app:1'))
      t.deepEqual(namesIn(t, layout, `${at}, then again`), [old, added])
      t.deepEqual(partials(layout), [], `${at}, then again`)
    },
  })
  t.log(`${kills} kills`, reached)
  t.true(kills > 5, `${kills} kills`)
})
