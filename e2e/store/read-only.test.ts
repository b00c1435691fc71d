import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { needs } from '../testing/needs.ts'
import { type RunOutput, run } from '../testing/run.ts'
import { ibuildScript, makeWorkspace, type Workspace } from '../testing/workspace.ts'

/** In a mount namespace of its own, where the data folder is read-only. */
const script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'

function readOnly({ root, folder }: Workspace, args: readonly string[]): Promise<RunOutput> {
  const command = ['-m', 'sh', '-c', script, root, process.execPath, ibuildScript, '--root', root, ...args]
  return run('unshare', command, { cwd: folder })
}

const readers: readonly (readonly string[])[] = [
  ['images'],
  ['inspect', 'app'],
  ['history', 'app', '--json'],
  ['containers'],
  ['du'],
  ['diff', 'app'],
  ['diff', 'app', 'base'],
  ['analyze', 'app'],
  ['analyze', 'app', '--layer', '1', '--tree'],
  ['export', 'app', '-o', 'app.tar'],
  ['save', 'app', '-o', 'saved.tar'],
  ['prune', '--all', '--dry-run'],
]

const writers: readonly (readonly string[])[] = [
  ['tag', 'app', 'other'],
  ['rmi', 'app'],
  ['commit', 'app', 'other'],
  ['prune'],
  ['build', 'context'],
]

needs(
  test,
  'root',
  'unshare',
)('of a data folder that is read-only all can be read, without a word, and nothing changed', async (t) => {
  const space = await makeWorkspace(t)
  space.write('context', { Dockerfile: 'FROM scratch\nCOPY Dockerfile /a\nCOPY Dockerfile /b\n' })
  await space.ok(['-q', '-t', 'app', 'context'])
  await space.ok(['-q', '-t', 'base', '-'], { input: 'FROM app\nCOPY <<E /c\nE\n' })
  const before = readdirSync(space.root, { recursive: true }).length
  for (const args of readers) {
    const title = args.join(' ')
    const { code, stdout, stderr } = await readOnly(space, args)
    t.deepEqual([code, stderr], [0, ''], title)
    if (!args.includes('du') && !args.includes('images')) t.is(stdout, (await space.ok(args)).stdout, title)
  }
  t.true(existsSync(join(space.folder, 'saved.tar')))
  for (const args of writers) {
    const { code, stderr } = await readOnly(space, args)
    t.is(code, 1, args.join(' '))
    t.regex(stderr, /read-only file system[^]*\nhint: Of a data folder that is read-only/, args.join(' '))
  }
  t.is(readdirSync(space.root, { recursive: true }).length, before)
})
