import { join } from 'node:path'
import test from 'ava'
import { needs } from '../testing/needs.ts'
import { runOk } from '../testing/run.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'

const withTar = needs(test, 'tar')

/** Builds to a folder and gives the files in it, as `path=content`. */
async function filesOf(space: Workspace, args: readonly string[], input?: string | Uint8Array): Promise<string[]> {
  const out = join(space.folder, 'out')
  await space.ok(['-o', out, ...args], input === undefined ? {} : { input })
  const { stdout } = await runOk('sh', ['-c', 'for f in $(find . -type f | sort); do echo "$f=$(cat $f)"; done'], {
    cwd: out,
  })
  return stdout.split('\n').filter((line) => line !== '')
}

withTar('a tar on stdin is the context; its Dockerfile may be elsewhere in it', async (t) => {
  const space = await makeWorkspace(t)
  const folder = space.write('c', { 'sub/My.df': 'FROM scratch\nCOPY a/ /\n', 'a/x': '1' })
  const { bytes } = await runOk('tar', ['-C', folder, '-cz', '.'])
  t.deepEqual(await filesOf(space, ['-f', 'sub/My.df', '-'], bytes), ['./x=1'])
})

test('a Dockerfile alone on stdin', async (t) => {
  const space = await makeWorkspace(t)
  t.deepEqual(await filesOf(space, ['-'], 'FROM scratch\nCOPY <<EOF /hello\nhi\nEOF\n'), ['./hello=hi'])
})

test('a Dockerfile on stdin with a folder as context', async (t) => {
  const space = await makeWorkspace(t)
  const folder = space.write('c', { x: '1', y: '2', '.dockerignore': 'y' })
  t.deepEqual(await filesOf(space, ['-f', '-', folder], 'FROM scratch\nCOPY . /\n'), ['./.dockerignore=y', './x=1'])
})

test('NAME.dockerignore beside the Dockerfile wins, and -f may lie outside of the context', async (t) => {
  const space = await makeWorkspace(t)
  const folder = space.write('c', { x: '1', y: '2', '.dockerignore': 'y' })
  const other = space.write('other', { df: 'FROM scratch\nCOPY . /\n', 'df.dockerignore': 'x\n.*' })
  t.deepEqual(await filesOf(space, ['-f', join(other, 'df'), folder]), ['./y=2'])
})

const errorRows: [title: string, args: readonly string[], code: number, message: RegExp][] = [
  ['no context', [], 2, /missing required argument 'context'/],
  ['a context that is not there', ['nowhere'], 2, /no such directory|nowhere/],
  ['a context that is a file', ['c/Dockerfile'], 2, /not a directory/],
  ['no Dockerfile', ['empty'], 2, /Dockerfile/],
  ['an unknown option', ['--tga', 'x', 'c'], 2, /unknown option '--tga'[\s\S]*--tag/],
  ['a bad name', ['-t', 'Bad:Name', 'c'], 2, /REFERENCE_INVALID/],
  ['a bad output', ['-o', 'type=zip', 'c'], 2, /type "zip"/],
  ['a URL as context', ['https://example.com/x.git'], 1, /not supported yet/],
]

for (const [title, args, code, message] of errorRows) {
  test(`wrong use: ${title}`, async (t) => {
    const space = await makeWorkspace(t)
    space.write('c', { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
    space.write('empty', {})
    const output = await space.ibuild(args.length === 0 ? ['build'] : args)
    t.is(output.code, code, output.stderr)
    t.regex(output.stderr, message)
  })
}
