import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { createJobBook } from '../../retention/state/jobs.ts'
import { openState } from '../../retention/state/open-state.ts'
import { anyPort, pushTold, servedScene } from '../registry/backup/scene.ts'
import { startServing } from '../registry/server/serving.ts'
import { makeWorkspace } from '../testing/workspace.ts'

const policy = (deletes: string): string => `
version: 1
mode: enforce
schedule: { everyMinutes: 60 }
limits: { maxPercentPerRepo: 100 }
policies: [{ id: ci, repos: { include: [team/.*] }, tags: { delete: ['${deletes}'] } }]
`
const applied = /a plan of retention was applied[^\n]*|"removed":1[^\n]*a plan of retention was applied/

/** Notes something where a process that ended remembered of a daemon, or of registries elsewhere. */
async function writeState(folder: string, image: string): Promise<void> {
  const rows = await openState({ folder })
  const nothing = { lastAt: 1, nextAt: 2, digest: undefined, error: undefined, failures: 0 }
  await createJobBook(rows).setMirror({ image, ...nothing })
  await rows.close()
}

async function readState(folder: string): Promise<string | undefined> {
  const rows = await openState({ folder })
  const [state] = await createJobBook(rows).mirrors()
  await rows.close()
  return state?.image
}

async function tagsOf(url: string): Promise<readonly string[]> {
  const answer = await fetch(`${url}/v2/team/app/tags/list`)
  return ((await answer.json()) as { tags: readonly string[] }).tags
}

test('a server runs the policy of a file, takes another one at a reload and none that is wrong; a backup has its trash', async (t) => {
  const { workspace, serving, at } = await servedScene(t)
  for (const tag of ['pr-1', 'v1']) await pushTold(serving.url, 'team/app', tag, 1000)
  await serving.stop()
  writeFileSync(at('policy.yml'), policy('pr-.*'))
  writeFileSync(at('registry.yml'), 'retention: { policy: policy.yml }\n')
  const args = ['--root', workspace.root, '--config', at('registry.yml'), ...anyPort]
  const server = await startServing(t, args)
  await server.logged(applied)
  t.deepEqual(await tagsOf(server.url), ['v1'])
  const metrics = await (await fetch(`${server.url}/metrics`)).text()
  for (const line of ['runs_total{source="registry",result="done"} 1', 'removed_total{source="registry"} 1'])
    t.true(metrics.includes(`ibuild_retention_${line}\n`), metrics)
  t.regex(metrics, /^ibuild_retention_next_run_timestamp_seconds\{source="registry"\} \d+/m)

  writeFileSync(at('policy.yml'), policy('pr-('))
  server.kill('SIGHUP')
  await server.logged(/the policy stays as it was/)
  writeFileSync(at('policy.yml'), policy('pr-[0-9]+'))
  server.kill('SIGHUP')
  await server.logged(/"version":2[^\n]*another policy of retention is in force/)
  const versions = JSON.parse((await workspace.ok(['gc', 'policy', 'versions', '--json'])).stdout) as {
    version: number
  }[]
  t.deepEqual(
    versions.map(({ version }) => version),
    [2, 1, 0],
  )

  const others = ['docker/abcdefghij', 'targets']
  for (const name of others) await writeState(join(workspace.root, 'retention', name, 'db'), name)
  await workspace.ok(['registry', 'backup', at('backup/')])
  const { stdout: trash } = await workspace.ok(['gc', 'trash', 'list', '--json'])
  t.is(await server.stop(), 0)
  await workspace.ok(['registry', 'restore', at('backup'), '--root', at('new')])
  t.is((await workspace.ok(['gc', 'trash', 'list', '--json', '--root', at('new')])).stdout, trash)
  for (const name of others)
    t.is(await readState(join(at('new'), 'retention', name, 'db')), name, 'daemons and registries elsewhere, too')
  const again = await startServing(t, args)
  const [entry] = JSON.parse(trash) as { id: string }[]
  await workspace.ok(['gc', 'undo', entry?.id ?? ''])
  t.deepEqual(await tagsOf(again.url), ['pr-1', 'v1'])
  t.is(again.lines().filter(({ msg }) => msg === 'a plan of retention was applied').length, 0, 'nothing is due yet')
})

test('a process of its own runs the policy of a registry elsewhere', async (t) => {
  const workspace = await makeWorkspace(t)
  const { folder, root } = workspace
  const password = 'correct horse battery'
  await workspace.ok(['registry', 'user', 'add', 'gc', '--password-stdin'], { input: password })
  writeFileSync(`${folder}/gc.password`, `${password}\n`)
  const access = '[{ who: ["user:gc"], scopes: [policy:read, policy:approve] }]'
  writeFileSync(`${folder}/registry.yml`, `retention: { access: ${access} }\n`)
  const registry = await startServing(t, ['--root', root, '--config', `${folder}/registry.yml`, ...anyPort])
  const target = `{ url: "${registry.url}", user: gc, passwordFile: gc.password, everyMinutes: 60 }`
  writeFileSync(`${folder}/gc.yml`, `targets: [${target}]\n`)
  const args = ['--root', `${folder}/other`, '--config', `${folder}/gc.yml`]
  const gc = await startServing(t, args, { command: ['gc', 'serve'] })
  t.is(gc.url, registry.url)
  await gc.logged(/a registry elsewhere ran its policy/)
  t.is(await gc.stop(), 0, gc.stderr())
  const again = await startServing(t, args, { command: ['gc', 'serve'] })
  t.is(await again.stop(), 0)
  t.notRegex(again.stderr(), /ran its policy/, 'what is done is remembered')
  const history = JSON.parse((await workspace.ok(['gc', 'history', '--json'])).stdout) as {
    by: string
    state: string
  }[]
  t.like(history, [{ state: 'planned' }])
})

test('what is wrong in the configuration is told with its place', async (t) => {
  const workspace = await makeWorkspace(t)
  const { folder } = workspace
  const told = async (text: string, words: readonly string[]): Promise<string> => {
    writeFileSync(`${folder}/c.yml`, text)
    const { code, stderr } = await workspace.ibuild([...words, '--config', `${folder}/c.yml`, '--check-config'])
    return `${code} ${stderr}`
  }
  const gc = ['gc', 'serve']
  t.regex(
    await told('retention: { polcy: x }', ['serve']),
    /^2 [^]*retention\.polcy: there is no such key; did you mean/,
  )
  const signers = 'retention: { signers: [{ name: release, keyFile: none.pub }] }'
  t.regex(await told(signers, ['serve']), /^2 [^]*retention\.signers: the key release in \/.*\/none\.pub: .*ENOENT/)
  t.regex(await told('docker: {}', gc), /^2 [^]*nothing is looked after/)
  t.regex(
    await told('targets: [{ url: "http://a.example", user: a, passwordFile: b, everyMinutes: 5 }]', gc),
    /in clear/,
  )
  t.regex(await told('targets: [{ url: "https://a.example", cron: "61 * * * *" }]', gc), /\[0\]\.cron: is no cron/)
  t.regex(await told('targets: [{ url: "https://a.example", everyMinutes: 5 }]', gc), /^0 /)
})
