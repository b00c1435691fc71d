import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { runOk } from '../../e2e/testing/run.ts'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { TreeFlaw } from './flaw.ts'
import { openInside } from './tree-files.ts'

function scene(t: ExecutionContext): string {
  const root = realpathSync(temporaryFolder(t))
  mkdirSync(join(root, 'a/b'), { recursive: true })
  writeFileSync(join(root, 'a/b/file'), 'content')
  return root
}

/** What is found, or the kind of the flaw. */
async function found(root: string, path: string, kind: 'file' | 'folder'): Promise<string> {
  try {
    const file = await openInside(root, path.split('/'), kind)
    await file?.handle.close()
    return file === undefined ? 'none' : `${kind} of ${kind === 'file' ? file.size : 'files'}`
  } catch (error) {
    if (error instanceof TreeFlaw) return error.kind
    throw error
  }
}

test('files and folders', async (t) => {
  const root = scene(t)
  t.is(await found(root, 'a/b/file', 'file'), 'file of 7')
  t.is(await found(root, 'a/b', 'folder'), 'folder of files')
  t.is(await found(root, 'a/none/file', 'file'), 'none')
  t.is(await found(root, 'a/b/none', 'folder'), 'none')
  t.is(await found(root, 'x'.repeat(300), 'file'), 'none')
})

test('what is something else than expected', async (t) => {
  const root = scene(t)
  await runOk('mkfifo', [join(root, 'pipe')])
  t.is(await found(root, 'a/b', 'file'), 'symbolic-link')
  t.is(await found(root, 'a/b/file', 'folder'), 'symbolic-link')
  t.is(await found(root, 'a/b/file/x', 'file'), 'symbolic-link')
  t.is(await found(root, 'pipe', 'file'), 'symbolic-link')
})

test('no symbolic link is followed, wherever on the way and wherever to', async (t) => {
  const root = scene(t)
  const outside = scene(t)
  symlinkSync('a/b/file', join(root, 'link'))
  symlinkSync('b', join(root, 'a/inside'))
  symlinkSync(join(outside, 'a'), join(root, 'outside'))
  symlinkSync('loop', join(root, 'loop'))
  for (const path of ['link', 'a/inside/file', 'outside/b/file', 'loop', 'loop/x']) {
    t.is(await found(root, path, 'file'), 'symbolic-link', path)
  }
  for (const path of ['a/inside', 'outside/b', 'outside'])
    t.is(await found(root, path, 'folder'), 'symbolic-link', path)
})
