import { existsSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { missing, skipFor } from '../testing/needs.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'
import { type DockerImages, startDockerImages } from './testing/docker-images.ts'

const reason = missing(['root', 'docker', 'dockerd'])
const docker = skipFor(test.serial, reason)
let images: DockerImages

if (reason === undefined) {
  test.before(async () => {
    images = await startDockerImages()
  })
  test.after.always(async () => {
    await images?.close()
  })
}

const policy = (mode: string): string => `version: 1
mode: ${mode}
limits: { maxTags: none, maxPercentPerRepo: none, minRemainingPerRepo: 0 }
policies:
  - id: old
    tags: { keep: [latest], delete: ["pr-.*"] }
    untagged: { olderThan: 0 }
volumes: { keep: ["data-.*"], olderThan: 0 }
`

let filled = 0

/** Three images that were not there before, and no others. */
async function fill(): Promise<void> {
  filled++
  for (const name of await images.list()) {
    const [word = '', id = ''] = name.split(' ')
    await images.daemon.docker(['rmi', '-f', word === 'dangling' ? id : name])
  }
  await images.tag('team/app:latest', `one ${filled}`)
  await images.tag('team/app:pr-1', `two ${filled}`)
  await images.tag('team/app:pr-2', `three ${filled}`)
}

interface Daemon extends Workspace {
  readonly gc: (words: string, input?: string) => ReturnType<Workspace['ibuild']>
}

async function openSpace(t: Parameters<typeof makeWorkspace>[0]): Promise<Daemon> {
  const made = await makeWorkspace(t)
  const gc: Daemon['gc'] = (words, input) => {
    const args = ['gc', ...words.split(' '), '--source', 'docker', '--host', images.daemon.host]
    return made.ibuild(args, input === undefined ? {} : { input })
  }
  return { ...made, gc }
}

docker('a policy that nobody saved is tried on a daemon, and nothing is left of that', async (t) => {
  await fill()
  const { gc, root } = await openSpace(t)
  const tried = await gc('preview --all -', policy('enforce'))
  t.is(tried.code, 0, tried.stderr)
  t.regex(tried.stdout, /^VERDICT +REASON +AGE +SIZE +ITEM\n/)
  t.regex(tried.stdout, /^delete +DELETE_REGEX .* team\/app:pr-1$/m)
  t.regex(tried.stdout, /^keep +KEEP_REGEX .* team\/app:latest$/m)
  t.regex(tried.stdout, /^3 looked at: 1 stay, 2 go /m)
  for (const line of tried.stdout.split('\n')) t.true(line.length <= 100, line)
  const lines = (await gc('preview --json -', policy('enforce'))).stdout.trimEnd().split('\n')
  t.deepEqual(
    lines.map((line) => (JSON.parse(line) as { kind: string }).kind),
    ['decision', 'decision', 'totals'],
  )
  t.false(existsSync(join(root, 'retention')), 'no state was made')
  t.is((await images.list()).length, 3)
})

docker('where nothing can come back it is asked, and without a terminal refused', async (t) => {
  await fill()
  const { gc } = await openSpace(t)
  t.regex((await gc('policy set -', policy('enforce'))).stdout, /^version 1 of the policy is in force\n$/)
  const refused = await gc('run')
  t.is(refused.code, 2)
  t.regex(refused.stderr, /Remove 2 items \(.*\), and what may go then, from the Docker daemon\? Nothing/)
  t.regex(refused.stderr, /^hint: .*--yes/m)
  t.is((await images.list()).length, 3)

  const done = await gc('run --yes')
  t.is(done.code, 0, done.stderr)
  const [, id = ''] = /^run (\w+): 2 removed/.exec(done.stdout) ?? []
  t.false(done.stdout.includes('undo'))
  t.deepEqual(await images.list(), ['team/app:latest'])
  const undone = await gc(`undo ${id}`)
  t.is(undone.code, 1)
  t.regex(undone.stderr, /RETENTION_PURGED/)
  t.regex((await gc('status')).stdout, /^trash: +there is none: what goes is gone$/m)
  t.regex((await gc('history')).stdout, new RegExp(`^${id} .*2 removed`, 'm'))
  t.is((await gc('run')).code, 0, 'nothing goes, so nothing is asked')
})

docker('a plan waits for whoever applies it, and is done once', async (t) => {
  await fill()
  const { gc } = await openSpace(t)
  await gc('policy set -', policy('propose'))
  const planned = await gc('plan')
  const [, plan = ''] = /ibuild gc apply (\w+)$/m.exec(planned.stdout) ?? []
  t.not(plan, '', planned.stdout + planned.stderr)
  await images.create('team/app:pr-1', '--name', 'user')
  t.is((await gc(`apply ${plan}`)).code, 2)
  const applied = await gc(`apply ${plan} --yes`)
  t.regex(applied.stdout, /: 1 removed, .*1 no more as planned/)
  t.is((await gc(`apply ${plan}`)).stdout, applied.stdout)
  t.deepEqual(await images.list(), ['team/app:latest', 'team/app:pr-1'])
  const why = await gc('explain team/app:pr-1')
  t.regex(why.stdout, /^verdict: +keep \(IN_USE\)$/m)
  t.regex(why.stdout, /^why: .*user/m)
  await images.daemon.docker(['rm', 'user'])
})

docker('versions of the policy are shown, compared and taken back; each problem is told with its line', async (t) => {
  const space = await openSpace(t)
  const { gc } = space
  await gc('policy set -', policy('dryRun'))
  await gc('policy set -', policy('enforce'))
  t.is((await gc('policy show')).stdout, policy('enforce'))
  t.is((await gc('policy show --diff 1')).stdout, '- mode: "dryRun"\n+ mode: "enforce"\n')
  t.is((await gc('policy revert')).stdout, 'version 3 of the policy is in force; it is version 1 again\n')
  t.is((await gc('policy show')).stdout, policy('dryRun'))
  t.regex((await gc('policy versions')).stdout, /^3 .* in force, version 1 again\n2 .*earlier\n1 .*earlier\n/m)

  const wrong = await gc('policy check -', policy('enforse').replace('[latest]', '["(a"]'))
  t.is(wrong.code, 1)
  t.regex(wrong.stderr, /stdin:2: mode: .*enforce/)
  t.regex(wrong.stderr, /stdin:6: policies\[0\]\.tags\.keep\[0\]: /)
  t.is((await gc('policy set -', policy('enforse'))).code, 1)
  t.is((await gc('policy show')).stdout, policy('dryRun'), 'the one before is in force')

  const folder = space.write('sherdock', { 'config.yml': 'ImagesToNotGC: ["team/app:latest"]\nImagesToPull: []\n' })
  const imported = await gc(`policy import-sherdock ${join(folder, 'config.yml')}`)
  t.is(imported.code, 2, 'what it reads is a file: there is no source')
})

docker('what Sherdock would have removed goes', async (t) => {
  await fill()
  const space = await openSpace(t)
  const folder = space.write('sherdock', { 'config.yml': 'ImagesToNotGC: ["app:l.*"]\n' })
  const { stdout } = await space.ok(['gc', 'policy', 'import-sherdock', join(folder, 'config.yml')])
  const tried = await space.gc('preview -', stdout)
  t.regex(tried.stdout, /DEFAULT_DELETE .* team\/app:pr-1\n.*DEFAULT_DELETE .* team\/app:pr-2\n/)
  t.regex(tried.stdout, /^3 looked at: 1 stay, 2 go /m)
})

docker('a daemon that is not there is told as that, and does not keep the policy from being shown', async (t) => {
  const space = await makeWorkspace(t)
  const away = ['--source', 'docker', '--host', 'unix:///nosuch/docker.sock']
  const preview = await space.ibuild(['gc', 'preview', ...away])
  t.is(preview.code, 1)
  t.regex(preview.stderr, /DOCKER_UNREACHABLE/)
  t.is((await space.ibuild(['gc', 'policy', 'show', ...away])).code, 0)
})
