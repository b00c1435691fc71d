import { writeFileSync } from 'node:fs'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { openStore } from '../../builder/store/open.ts'
import type { Store, StoredImage } from '../../builder/store/types.ts'
import { needs } from '../testing/needs.ts'
import { requireProgram } from '../testing/programs.ts'
import { runOk } from '../testing/run.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'
import { crashCommand } from './crash-command.ts'

/** Builds app:1, changes a file of the context, and returns the image as it was. */
async function buildOld(space: Workspace, context: string): Promise<StoredImage> {
  await space.ok(['-t', 'app:1', context])
  writeFileSync(path.join(context, 'file'), 'new')
  const [old] = openStore(space.root).images.list()
  if (old === undefined) throw new Error('no image was built')
  return old
}

/** The name leads to the image from before, or to one that has as many layers and is not it. */
function checkName(t: ExecutionContext, { store, old, at }: { store: Store; old: StoredImage; at: string }): void {
  const named = store.images.get('app:1')
  t.true(
    store.images.list().some(({ imageID }) => imageID === old.imageID),
    `${at}: the old image is there`,
  )
  t.is(named?.config.rootfs.diff_ids.length, old.config.rootfs.diff_ids.length, at)
}

needs(test.serial, 'gcc')(
  'FROM scratch and COPY, killed at any call: the name leads to the old image or to the new',
  async (t) => {
    const space = await makeWorkspace(t)
    const context = space.write('context', {
      Dockerfile: 'FROM scratch\nCOPY file sub /data/\nCMD ["/x"]\n',
      file: 'old',
      'sub/x': 'x',
    })
    const old = await buildOld(space, context)
    const kills = await crashCommand(t, space, {
      args: ['-t', 'app:1', context],
      check: (store, at) => checkName(t, { store, old, at }),
      checkAgain: (store, at) => t.not(store.images.get('app:1')?.imageID, old.imageID, at),
    })
    t.true(kills > 30)
  },
)

/** A root filesystem with nothing but a shell, so that few calls are needed to extract it. */
async function importShell(space: Workspace): Promise<void> {
  const tree = space.write('shell', { 'etc/passwd': 'root:x:0:0::/:/bin/sh\n', 'bin/README': 'sh\n' })
  await runOk('cp', [requireProgram('busybox'), path.join(tree, 'bin/sh')])
  await runOk('tar', ['--owner=0', '--group=0', '-C', tree, '-cf', `${tree}.tar`, '.'])
  await space.ok(['import', `${tree}.tar`, 'shell'])
}

needs(
  test.serial,
  'gcc',
  'root',
  'busybox',
  'tar',
  'runc',
)('RUN, killed at any call: nothing runs, is mounted or half visible', async (t) => {
  const space = await makeWorkspace(t)
  await importShell(space)
  const lines = ['FROM shell', 'COPY file /file', `RUN : ${space.root}; echo made > /made`]
  const context = space.write('context', { Dockerfile: lines.join('\n'), file: 'old' })
  const old = await buildOld(space, context)
  const kills = await crashCommand(t, space, {
    args: ['-t', 'app:1', '--runtime', 'runc', context],
    calls: ['rename', 'mount', 'unlink'],
    check: (store, at) => checkName(t, { store, old, at }),
    checkAgain: (store, at) => t.not(store.images.get('app:1')?.imageID, old.imageID, at),
  })
  t.true(kills > 30)
})
