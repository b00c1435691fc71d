import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { type RepositoryWalk, walkRepositories } from './walk-repositories.ts'

async function all(root: string, walk: RepositoryWalk = {}): Promise<string[]> {
  const names: string[] = []
  for await (const name of walkRepositories(root, walk)) names.push(name)
  return names
}

test('repositories come in the order of the bytes of their names, from any of them on', async (t) => {
  const part = fc.stringMatching(/^[ab](?:[-._]?[ab]){0,2}$/)
  const names = fc.uniqueArray(
    fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
    { maxLength: 12 },
  )
  const check = async (given: readonly string[], after: string): Promise<void> => {
    const root = temporaryFolder(t)
    for (const name of given) mkdirSync(join(root, 'repositories', name, '_manifests'), { recursive: true })
    const sorted = given.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    t.deepEqual(await all(root), sorted)
    t.deepEqual(
      await all(root, { after }),
      sorted.filter((name) => name > after),
    )
  }
  await fc.assert(fc.asyncProperty(names, part, check), { numRuns: 60 })
})

test('what is no repository is told, and links are not followed', async (t) => {
  const root = temporaryFolder(t)
  for (const name of ['good/_manifests', 'Upper/_manifests', 'only/folder', 'blobs-only/_layers']) {
    mkdirSync(join(root, 'repositories', name), { recursive: true })
  }
  symlinkSync('..', join(root, 'repositories/good/loop'))
  symlinkSync('/etc', join(root, 'repositories/etc'))
  const strange: string[] = []
  const onStrange = (path: string): void => void strange.push(path)
  t.deepEqual(await all(root, { onStrange }), ['blobs-only', 'good'])
  t.deepEqual(strange.sort(), ['Upper', 'etc', 'good/loop'])
})

test('no repositories at all', async (t) => {
  t.deepEqual(await all(temporaryFolder(t)), [])
})
