import test from 'ava'
import { startServe } from '../testing/serve.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'

const policy = (mode: string): string => `version: 1
mode: ${mode}
limits: { maxPercentPerRepo: 70 }
policies:
  - id: pull-requests
    repos: { include: ["team/.*"] }
    tags: { keep: ["v.*"], delete: ["pr-.*"] }
`

interface Scene extends Workspace {
  readonly gc: (words: string, input?: string) => ReturnType<Workspace['ibuild']>
  /** Tags of team/app. */
  readonly tags: (host: string) => Promise<readonly string[]>
}

async function scene(t: Parameters<typeof makeWorkspace>[0]): Promise<Scene> {
  const space = await makeWorkspace(t)
  return {
    ...space,
    gc: (words, input) => space.ibuild(['gc', ...words.split(' ')], input === undefined ? {} : { input }),
    tags: async (host) => {
      const answer = await fetch(`http://${host}/v2/team/app/tags/list`)
      return ((await answer.json()) as { tags: string[] }).tags
    },
  }
}

async function push(space: Workspace, host: string): Promise<void> {
  for (const [i, tag] of ['v1', 'pr-1', 'pr-2'].entries()) {
    const context = space.write(`c${i}`, { Dockerfile: 'FROM scratch\nCOPY file /\n', file: tag })
    await space.ok(['-q', '-t', `${host}/team/app:${tag}`, '--push', context])
  }
}

test('where no server runs, a policy is tried, put in force, run and taken back on the files', async (t) => {
  const space = await scene(t)
  const { gc, root, tags } = space
  {
    await using server = await startServe(root)
    await push(space, server.host)
  }
  const tried = await gc('preview --all -', policy('enforce'))
  t.is(tried.code, 0, tried.stderr)
  t.regex(tried.stdout, /^delete +DELETE_REGEX .* team\/app:pr-1\ndelete .*pr-2\nkeep +KEEP_REGEX .* team\/app:v1\n/m)
  t.regex((await gc('policy set -', policy('enforce'))).stdout, /^version 1 /)
  const done = await gc('run')
  const [, id = ''] = /^run (\w+): 2 removed\nto take it back: ibuild gc undo \1\n$/.exec(done.stdout) ?? []
  t.not(id, '', done.stdout + done.stderr)
  {
    await using server = await startServe(root)
    t.deepEqual(await tags(server.host), ['v1'])
  }
  t.regex((await gc('trash')).stdout, /^ENTRY .*\n.* DELETE_REGEX .* in 7 d +team\/app:pr-/)
  const undone = await gc(`undo ${id}`)
  t.regex(undone.stdout, /^2 given back, 0 failed$/m, undone.stderr)
  const again = await gc(`undo ${id}`)
  t.is(again.code, 1)
  {
    await using server = await startServe(root)
    t.deepEqual(await tags(server.host), ['pr-1', 'pr-2', 'v1'])
  }
  t.regex((await gc('audit')).stdout, / policy .*\n.* plan /)
})
