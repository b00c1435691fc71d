import { relative } from 'node:path'
import test from 'ava'
import { repository } from '../../scripts/repository.ts'
import { openedPaths, traceCommand } from '../proof/trace.ts'
import { needs } from '../testing/needs.ts'
import { makeWorkspace } from '../testing/workspace.ts'

const dockerfile = 'FROM scratch\nCOPY src /src/\nWORKDIR /w\n'
const files = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`src/${i}`, String(i)]))

needs(test, 'strace')('a build that finds all its steps opens nothing that explains misses', async (t) => {
  const space = await makeWorkspace(t)
  const context = space.write('context', { Dockerfile: dockerfile, ...files })
  const opened = async (flags: readonly string[]): Promise<string[]> => {
    const traced = await traceCommand(space, ['--progress', 'plain', ...flags, context], ['openat'])
    return openedPaths(traced)
  }
  const explaining = (paths: readonly string[]): string[] =>
    paths.filter((path) =>
      /^builder\/explain\/|^builder\/solve\/explain|^app\/explain\//.test(relative(repository, path)),
    )
  const kept = (paths: readonly string[]): string[] =>
    paths.map((path) => relative(space.root, path)).filter((path) => /^(steps|listings)\/|^record-secret/.test(path))

  const missed = await opened([])
  t.true(explaining(missed).length > 3 && kept(missed).length > 0, 'a miss does open them')
  const hit = await opened([])
  t.deepEqual([explaining(hit), kept(hit)], [[], []])
  t.true(explaining(await opened(['--explain'])).length > 3, 'and so does a hit that is to be explained')
  const unwanted = await opened(['--no-cache'])
  t.deepEqual(explaining(unwanted), [])
})
