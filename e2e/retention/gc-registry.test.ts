import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
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
    await using server = await startServe(root, { env: { IBUILD_RETENTION_ENABLED: 'false' } })
    t.deepEqual(await tags(server.host), ['pr-1', 'pr-2', 'v1'])
    const asked = await gc('status')
    t.is(asked.code, 1)
    t.regex(asked.stderr, /SERVER_BUSY[^]*hint: .*retention\.enabled: false cannot be asked/)
  }
  t.regex((await gc('audit')).stdout, / policy .*\n.* plan /)
})

test('while a server runs it is asked: its policy, its runs, its trash', async (t) => {
  const space = await scene(t)
  const { gc, root, tags } = space
  await using server = await startServe(root)
  await push(space, server.host)
  const early = await gc('run')
  t.regex(early.stdout, /^3 looked at: 3 stay, 0 go /, early.stderr)
  t.regex(early.stdout, /planned alone, for mode is dryRun$/m)
  const wrong = await gc('policy set -', policy('enforce').replace('tags:', 'tag:'))
  t.is(wrong.code, 1)
  t.regex(wrong.stderr, /stdin:7: policies\[0\]\.tag: .*did you mean tags\?/)

  await gc('policy set -', policy('propose'))
  const proposed = await gc('run')
  const [, plan = ''] = /^to remove that: ibuild gc apply (\w+)$/m.exec(proposed.stdout) ?? []
  const applied = await gc(`apply ${plan}`)
  const [, id = ''] = /^run (\w+): 2 removed$/m.exec(applied.stdout) ?? []
  t.deepEqual(await tags(server.host), ['v1'], proposed.stdout + applied.stderr)
  t.regex((await gc('status')).stdout, /^trash: +2 entries, .* in 7 d$/m)

  const purged = await gc('trash purge --all')
  t.is(purged.code, 2, 'it is asked, and there is no terminal')
  t.regex((await gc(`undo ${id}`)).stdout, /^2 given back/m)
  t.deepEqual(await tags(server.host), ['pr-1', 'pr-2', 'v1'])
  const why = await gc('explain team/app:pr-1')
  t.regex(why.stdout, /^verdict: +delete \(DELETE_REGEX, by policies\[0\]\.tags\.delete\[0\]\)$/m)
  const [, digest = ''] = /^digest: +(\S+)$/m.exec(why.stdout) ?? []
  t.is((await gc(`in-use node1 ${digest} --for 1h`)).code, 0)
  t.regex((await gc('in-use')).stdout, /^node1 .* in 60 min +1$/m)
  t.regex((await gc('preview')).stdout, /^stay: .*IN_USE 1/m)
  const said = { reporter: 'node1', digests: [`sha256:${'0'.repeat(64)}`] }
  const report = await gc(`in-use node1 ${said.digests[0]} ${said.digests[0]} --for 1h --json`)
  t.like(JSON.parse(report.stdout), said)
  t.like(JSON.parse((await gc('in-use --json')).stdout)[0], JSON.parse(report.stdout) as object)
  const again = /^run (\w+)/.exec(
    (await gc(`apply ${/\w+$/.exec((await gc('plan')).stdout.trim())?.[0] ?? ''}`)).stdout,
  )?.[1]
  t.regex((await gc('trash purge --all --yes')).stdout, /^2 purged/)
  const late = await gc(`undo ${again}`)
  t.is(late.code, 1)
  t.regex(late.stderr, /RETENTION_PURGED/)
  t.regex((await gc('history')).stdout, /2 removed, 2 purged\n.*2 removed, 2 given back\n/)
})

test('a registry elsewhere is asked with a login, and only for what its rules allow', async (t) => {
  const space = await scene(t)
  const config = join(
    space.write('conf', {
      'registry.yml': [
        'access:',
        "  rules: [{ repositories: ['**'], who: [authenticated], actions: [pull, push] }]",
        'retention:',
        '  access:',
        '    - { who: [user:ann], scopes: [policy:read, policy:write] }',
        '  signers: [{ name: release, keyFile: release.pub }]',
        '',
      ].join('\n'),
      'release.pub': generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    }),
    'registry.yml',
  )
  const root = join(space.folder, 'served')
  for (const name of ['ann', 'bob']) {
    const words = ['registry', 'user', 'add', name, '--password-stdin', '--root', root, '--config', config]
    await space.ok(words, { input: `${name} has a password` })
  }
  await using server = await startServe(root, { args: ['--config', config] })
  const as = (who: string): { env: Record<string, string> } => ({ env: { DOCKER_CONFIG: join(space.folder, who) } })
  const gc = (who: string, words: string, input = ''): ReturnType<typeof space.ibuild> =>
    space.ibuild(['gc', ...words.split(' '), '--server', `http://${server.host}`], { ...as(who), input })

  const nobody = await gc('nobody', 'status')
  t.is(nobody.code, 1)
  t.regex(nobody.stderr, /REGISTRY_DENIED/)
  t.regex(nobody.stderr, /^hint: .*ibuild login/m)
  for (const name of ['ann', 'bob']) {
    const login = ['login', '-u', name, '--password-stdin', server.host]
    await space.ok(login, { ...as(name), input: `${name} has a password` })
  }
  t.regex((await gc('ann', 'policy set -', policy('enforce'))).stdout, /^version 1 of the policy is in force$/m)
  const preview = await gc('ann', 'preview --all')
  t.regex(preview.stdout, /^0 looked at: /, preview.stderr)
  t.regex((await gc('ann', 'audit --json')).stdout, /"action":"policy"/)
  const signed = `${policy('dryRun')}    keep: [{ signedBy: [targets/qa, NAME] }]\n`
  t.is((await gc('ann', 'policy check -', signed.replace('NAME', 'release'))).code, 0)
  const unknown = await gc('ann', 'policy check -', signed.replace('NAME', 'relase'))
  t.regex(unknown.stderr, /policies\[0\]\.keep\[0\]\.signedBy\[1\]: there is no key relase .*did you mean release\?/)
  t.regex((await gc('ann', 'policy versions')).stdout, / ann /)
  for (const [who, words] of [
    ['ann', 'run'],
    ['bob', 'status'],
  ] as const) {
    const refused = await gc(who, words)
    t.is(refused.code, 1, `${who} ${words}`)
    t.regex(refused.stderr, /REGISTRY_DENIED/)
  }
  const other = await space.ibuild(['gc', 'status', '--server', 'http://registry.example.org'])
  t.is(other.code, 2)
  t.regex(other.stderr, /would be sent a password in clear/)
})
