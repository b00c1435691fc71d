import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startServe } from '../e2e/testing/serve.ts'
import { expect, type Stage } from './stage.ts'

const policy = `version: 1
mode: enforce
limits: { maxPercentPerRepo: 70 }
policies:
  - id: pull-requests
    repos: { include: ["team/.*"] }
    tags: { delete: ["pr-.*"] }
    group: "pr-(?<number>\\\\d+)-(?<build>\\\\d+)"
    keep:
      - mostRecent: { n: 1, by: "number:build" }
`

/** A policy of retention: tried, put in force, run, and taken back. */
export async function playGc(stage: Stage): Promise<void> {
  const { say, ibuild, folder } = stage
  say('Keep a registry small by a policy: of each pull request the last build, and all that is released')
  const root = join(folder, 'kept')
  console.log(`$ ibuild serve --root ${root} --listen 127.0.0.1:0`)
  await using server = await startServe(root)
  const name = `${server.host}/team/app`
  for (const tag of ['v1', 'pr-7-1', 'pr-7-2', 'pr-8-1', 'pr-8-2']) {
    await ibuild(['push', '-q', tag === 'v1' ? 'demo:1' : 'squashed', `${name}:${tag}`])
  }
  const file = join(folder, 'policy.yml')
  writeFileSync(file, policy)
  console.log(`  ${policy.trimEnd().replaceAll('\n', '\n  ')}`)
  await tryIt(stage, { root, file })
  await runAndUndo(stage, { root, name })
  expect((await server.close()) === 0, 'the server ends with 0')
}

async function tryIt(
  { say, ibuild, folder }: Stage,
  { root, file }: { readonly root: string; readonly file: string },
): Promise<void> {
  say('What would it do now? Nothing is changed, and each decision has its reason')
  const preview = await ibuild(['gc', 'preview', '--all', '--why', '--root', root, file])
  expect(/^5 looked at: 3 stay, 2 go /m.test(preview), 'the earlier build of each pull request would go')

  say('A policy with a slip is refused, with the line of each')
  const wrong = join(folder, 'wrong.yml')
  writeFileSync(wrong, policy.replace('tags:', 'tag:').replace('"pr-(?', '"pr-((?'))
  const refused = await ibuild(['gc', 'policy', 'set', '--root', root, wrong], { code: 1 })
  expect(refused.includes('did you mean tags?'), 'it says what was meant')

  await ibuild(['gc', 'policy', 'set', '--root', root, file])
}

async function runAndUndo(
  { say, ibuild, program }: Stage,
  { root, name }: { readonly root: string; readonly name: string },
): Promise<void> {
  const tags = async (): Promise<string> => program('skopeo', ['list-tags', '--tls-verify=false', `docker://${name}`])
  say('Run it')
  const done = await ibuild(['gc', 'run', '--root', root])
  const [, run = ''] = /^run (\w+): 2 removed/m.exec(done) ?? []
  expect(run !== '' && !(await tags()).includes('pr-7-1'), 'two tags are gone')
  await ibuild(['gc', 'explain', 'team/app:pr-7-2', '--root', root])

  say('Take it back: what was removed can come back for a week')
  await ibuild(['gc', 'trash', '--root', root])
  await ibuild(['gc', 'undo', run, '--root', root])
  expect((await tags()).includes('pr-7-1'), 'the tags are back')
  const audit = await ibuild(['gc', 'audit', '--root', root])
  expect(/ policy /.test(audit), 'the log says who did what')
}
