import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { openLayerIndex } from '../../builder/layers/layer-index.ts'
import { openStore } from '../../builder/store/open.ts'
import { needs } from '../testing/needs.ts'
import { runOk } from '../testing/run.ts'
import { busyboxTar, makeWorkspace, type Workspace } from '../testing/workspace.ts'
import { makePowerless } from './powerless.ts'

/** Everything that makes a namespace, enters one, changes what is mounted, or that only root may do to a file. */
const watched = 'mount umount2 unshare setns pivot_root chroot clone clone3 mknod mknodat /chown execve'.split(' ')

const dockerfile = `
FROM busybox
COPY tree/ /srv/
ADD archive.tar.gz /var/
COPY --chown=app:extra file /home/app/
COPY --chown=root:nogroup --chmod=4755 file /usr/bin/tool
WORKDIR /work/deep
USER app
CMD ["sh"]
`

/** A context whose archive has what an unprivileged user cannot make: devices, setuid files, other owners. */
async function writeContext(space: Workspace): Promise<string> {
  const context = space.write('context', { Dockerfile: dockerfile, file: 'file', 'tree/a/b': 'b', 'tree/c': 'c' })
  const packed = space.write('packed', { 'lib/suid': 's', 'lib/plain': 'p' })
  await runOk('mknod', [join(packed, 'lib/null'), 'c', '1', '3'])
  await runOk('chown', ['7:8', join(packed, 'lib/suid')])
  await runOk('chmod', ['6755', join(packed, 'lib/suid')])
  await runOk('tar', ['-C', packed, '-czf', join(context, 'archive.tar.gz'), 'lib'])
  return context
}

interface Made {
  /** One for each layer; none where times of the build itself are in it. */
  readonly diffIDs: readonly string[]
  /** Entries of the last layer, without their times. */
  readonly workdir: readonly object[]
}

function madeIn(root: string): Made {
  const store = openStore(root)
  const diffIDs = store.images.get('app')?.config.rootfs.diff_ids ?? []
  const last = diffIDs.at(-1)
  const layer = last && store.layers.get(last)
  const entries = layer === undefined ? [] : [...openLayerIndex(layer.indexFile).entries()]
  return { diffIDs: diffIDs.slice(0, -1), workdir: entries.map((entry) => ({ ...entry, mtime: 0n })) }
}

needs(
  test,
  'root',
  'strace',
  'setpriv',
  'unshare',
  'busybox',
  'tar',
)('a Dockerfile without RUN builds as a user without any capability, and gives what it gives root', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const context = await writeContext(space)
  await space.ok(['-t', 'app', context])

  const user = makePowerless(t)
  await runOk('cp', ['-a', context, user.folder])
  writeFileSync(join(user.folder, 'base.tar'), await busyboxTar())
  const status = await user.run(['cat', '/proc/self/status'])
  for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
    t.regex(status, new RegExp(`^${set}:\\t0+$`, 'm'))
  t.regex(status, /^NoNewPrivs:\t1$/m)
  t.regex(status, /^Uid:\t65534\t65534\t65534\t65534$/m)

  await user.trace(['import', 'base.tar', 'busybox'], ['execve'])
  const { calls } = await user.trace(['-t', 'app', 'context'], watched)
  const [starts, others] = [
    calls.filter(({ call }) => call === 'execve'),
    calls.filter(({ call }) => call !== 'execve'),
  ]
  t.is(starts.length, 3, 'setpriv, env and Node; the command starts no program')
  t.deepEqual(
    others.filter(({ call, args }) => !call.startsWith('clone') || !args.includes('CLONE_THREAD')),
    [],
  )

  const [ours, roots] = [madeIn(user.root), madeIn(space.root)]
  t.is(ours.diffIDs.length, 5)
  t.deepEqual(ours, roots)
  t.is(ours.workdir.length, 2, '/work and /work/deep')
  const files = await user.run(['ls', '-A', join(user.root, 's')])
  t.is(files, '', 'nothing was extracted')
})
