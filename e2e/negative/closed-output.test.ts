import test from 'ava'
import { needs } from '../testing/needs.ts'
import { type RunOutput, run } from '../testing/run.ts'
import { ibuildScript, makeWorkspace, type Workspace } from '../testing/workspace.ts'

/** Runs the command in a shell: `rest` stands behind its words. Its exit code is the last line of stderr. */
function inShell(workspace: Workspace, args: readonly string[], rest: string): Promise<RunOutput> {
  const script = `{ "$NODE" "$IBUILD" "$@"; echo "exit $?" >&2; } ${rest}`
  const env = { NODE: process.execPath, IBUILD: ibuildScript, IBUILD_ROOT: workspace.root }
  return run('sh', ['-c', script, 'sh', ...args], { cwd: workspace.folder, env, timeout: 60_000 })
}

test('a reader that goes away ends a command without a word', async (t) => {
  const workspace = await makeWorkspace(t)
  workspace.write('context', { Dockerfile: 'FROM scratch\nLABEL a=b\n' })
  await workspace.ok(['-t', 'a:1', 'context'])
  for (const words of [
    'images',
    'images --json',
    'inspect a:1',
    'history a:1',
    'save a:1',
    'export a:1',
    '--help',
    '-q context',
  ]) {
    const { stderr } = await inShell(workspace, words.split(' '), '| true')
    t.is(stderr, 'exit 1\n', words)
  }
})

test('a stdout without space is told in one line', async (t) => {
  const workspace = await makeWorkspace(t)
  for (const words of ['images', 'du', 'build --help', '--version']) {
    const { stderr } = await inShell(workspace, words.split(' '), '>/dev/full')
    t.regex(stderr, /^ibuild: no space left to write stdout \[DISK_FULL\]\nhint: .*\nexit 1\n$/, words)
  }
})

test('progress that cannot be written does not fail a build', async (t) => {
  const workspace = await makeWorkspace(t)
  workspace.write('context', { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
  const env = { IBUILD_ROOT: workspace.root }
  const script = `"${process.execPath}" "${ibuildScript}" context 2>/dev/full`
  const { code, stdout } = await run('sh', ['-c', script], { cwd: workspace.folder, env })
  t.is(code, 0)
  t.regex(stdout, /^sha256:/)
})

needs(
  test,
  'root',
  'busybox',
  'tar',
  'runc',
)('a command in an image ends when nobody reads its output', async (t) => {
  const workspace = await makeWorkspace(t, { base: true })
  const { stderr } = await inShell(workspace, ['run', 'busybox', 'yes'], '| true')
  t.regex(stderr, /exit 130\n$/)
})
