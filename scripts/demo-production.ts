import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Served, startServe, until } from '../e2e/testing/serve.ts'
import { type SlowProxy, startSlowProxy } from '../e2e/testing/slow-proxy.ts'
import { expect, type Stage } from './stage.ts'

/** A registry for others: who may do what, garbage that goes while a push runs, a tag that is set back, a backup. */
export async function playProduction(stage: Stage): Promise<void> {
  const config = join(stage.folder, 'registry.yml')
  const root = join(stage.folder, 'production')
  writeFileSync(config, configuration.join('\n'))
  for (const name of ['ann', 'bob']) writeFileSync(join(stage.folder, `${name}.password`), `${name} has a password\n`)
  await addAccounts(stage, { config, root })

  console.log(`$ IBUILD_GC_DELAY=100ms ibuild serve --root ${root} --config ${config}`)
  await using server = await startServe(root, { args: ['--config', config], env: { IBUILD_GC_DELAY: '100ms' } })
  console.log(`  ibuild serves a registry at http://${server.host}`)
  const scene = { ...stage, root, config, server }
  await logIn(scene)
  await collectWhilePushing(scene)
  await rollBack(scene)
  await askTheDoctor(scene)
  await backUpAndRestore(scene)
  expect((await server.close()) === 0, 'the server ends with 0')
}

const configuration = [
  'listen: 127.0.0.1:0',
  'access:',
  '  groups: { developers: [ann] }',
  '  rules:',
  "    - { repositories: ['**'], who: ['group:developers'], actions: [pull, push, delete] }",
  "    - { repositories: ['team/*'], who: ['user:bob'], actions: [pull] }",
  'gc: { lease: 1s, untagged: { keep: 0s } }',
  'history: { keep: 0 }',
  '',
]

interface Scene extends Stage {
  /** Data folder of the registry. */
  readonly root: string
  readonly config: string
  readonly server: Served
}

async function addAccounts(
  { say, ibuild, program, folder }: Stage,
  { config, root }: Pick<Scene, 'config' | 'root'>,
): Promise<void> {
  say('A registry for others has accounts, and rules that say who may do what')
  for (const name of ['ann', 'bob']) {
    const from = join(folder, `${name}.password`)
    await ibuild(['registry', 'user', 'add', name, '--password-stdin', '--root', root], { from })
  }
  console.log(`  ${(await program('cat', [config])).trimEnd().replaceAll('\n', '\n  ')}`)
}

async function logIn({ say, ibuild, program, folder, server: { host } }: Scene): Promise<void> {
  const site = `${host}/team/site:latest`
  const [ofAnn, ofBob] = [join(folder, 'ann.password'), join(folder, 'bob.password')]

  say('Who did not log in, or has another password, is refused')
  const unknown = await ibuild(['push', 'demo:1', site], { who: 'eve', code: 1 })
  expect(/UNAUTHORIZED|401/.test(unknown), 'a push without a login is refused')
  await ibuild(['login', '-u', 'ann', '--password-stdin', host], { who: 'ann', from: ofBob, code: 1 })

  say('ann logs in and pushes; bob logs in with another client, pulls, and may not push')
  await ibuild(['login', '-u', 'ann', '--password-stdin', host], { who: 'ann', from: ofAnn })
  await ibuild(['push', 'demo:1', site], { who: 'ann' })
  const plain = '--tls-verify=false'
  await program('skopeo', ['login', '-u', 'bob', '--password-stdin', plain, host], { who: 'bob', from: ofBob })
  expect((await digestOf({ program }, site)).startsWith('sha256:'), 'bob pulls')
  const other = `docker://${host}/team/site:mine`
  const copy = ['copy', '-q', '--src-tls-verify=false', '--dest-tls-verify=false', `docker://${site}`, other]
  await program('skopeo', copy, { who: 'bob', code: 1 })
}

/** What bob is told by another client. */
async function digestOf({ program }: Pick<Stage, 'program'>, name: string): Promise<string> {
  const words = ['inspect', '--tls-verify=false', '--format', '{{.Digest}}', `docker://${name}`]
  const digest = (await program('skopeo', words, { who: 'bob' })).trim()
  console.log(`  ${digest}`)
  return digest
}

async function collectWhilePushing(scene: Scene): Promise<void> {
  const { say, ibuild, folder, server, root } = scene
  say('Why is an image there, and what goes with it?')
  await ibuild(['push', 'wasteful', `${server.host}/team/wasteful:1`], { who: 'ann' })
  const why = await ibuild(['registry', 'gc', 'explain', 'team/wasteful:1', '--root', root])
  expect(
    /kept by: +tag 1\n/.test(why) && /frees: +2\d(?:\.\d)?MB, /.test(why),
    'its tag keeps it, and all but the base is its own',
  )

  say(
    'Over a slow line a push begins; while it runs the tag of the other image is deleted: its bytes go, the push goes on',
  )
  const line = await startSlowProxy(server.host, { wait: 200 })
  try {
    await ibuild(['login', '-u', 'ann', '--password-stdin', line.host], {
      who: 'ann',
      from: join(folder, 'ann.password'),
    })
    let isPushing = true
    const push = ibuild(['push', 'squashed', `${line.host}/team/slim:1`], { who: 'ann', isBehind: true }).finally(
      () => {
        isPushing = false
      },
    )
    const meanwhile = deleteMeanwhile(scene, { line, isPushing: () => isPushing }).finally(() => line.hurry())
    await Promise.all([push, meanwhile])
  } finally {
    await line.close()
  }

  say('What came over the slow line is whole: the other client checks every digest')
  const image = `docker://${server.host}/team/slim:1`
  await scene.program('skopeo', ['copy', '-q', '--src-tls-verify=false', image, `dir:${join(folder, 'slim')}`], {
    who: 'bob',
  })
}

async function deleteMeanwhile(
  { ibuild, program, server, root }: Scene,
  { line, isPushing }: { readonly line: SlowProxy; readonly isPushing: () => boolean },
): Promise<void> {
  const blobs = join(root, 'registry/blobs')
  const du = async (): Promise<number> => {
    const text = await program('du', ['-sb', blobs])
    console.log(`  ${text.trim()}`)
    return Number.parseInt(text, 10)
  }
  await until(
    () => (line.moved.up > 100_000 ? true : undefined),
    20_000,
    () => server.log(),
  )
  const before = await du()
  await ibuild(['delete', `${server.host}/team/wasteful:1`], { who: 'ann' })
  await until(
    () => (bytesBelow(blobs) < before - 20_000_000 ? true : undefined),
    20_000,
    () => server.log(),
  )
  await ibuild(['registry', 'gc', 'status', '--root', root])
  const after = await du()
  expect(isPushing(), 'the push is still running')
  console.log(
    `  ${before - after} bytes less, and ${line.moved.up} bytes of the push have come so far; now the line gets faster`,
  )
}

/** Of all files. */
function bytesBelow(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.reduce(
    (sum, { parentPath, name }) => sum + (statSync(join(parentPath, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  )
}

async function rollBack(scene: Scene): Promise<void> {
  const { say, ibuild, root, config, server } = scene
  const site = `${server.host}/team/site:latest`
  say('From now on what a tag leaves behind is kept for a while: a new configuration, without a restart')
  writeFileSync(config, readFileSync(config, 'utf8').replace('keep: 0 }', 'keep: 10 }'))
  expect((await ibuild(['registry', 'reload', '--root', root])).includes('history.keep: in force'), 'it is in force')

  say('A tag is moved by mistake, and set back')
  const right = await digestOf(scene, site)
  await ibuild(['push', '-q', 'demo:changed', site], { who: 'ann' })
  const wrong = await digestOf(scene, site)
  expect(right !== wrong, 'the tag was moved')
  await ibuild(['registry', 'history', 'team/site:latest', '--root', root])
  await ibuild(['registry', 'rollback', 'team/site:latest', '--root', root])
  expect((await digestOf(scene, site)) === right, 'the tag leads to the first image again')
  const why = await ibuild(['registry', 'gc', 'explain', wrong, '--root', root])
  expect(why.includes('history'), 'the history keeps the other image')
}

async function askTheDoctor({ say, ibuild, root, config }: Scene): Promise<void> {
  say('Is all well? The doctor pushes and pulls an image, too')
  const found = await ibuild(['registry', 'doctor', '--root', root, '--config', config], { who: 'ann' })
  expect(/^ok +push/m.test(found), 'an image was pushed and pulled')
}

async function backUpAndRestore({ say, ibuild, root, folder }: Scene): Promise<void> {
  say('Back up the registry while it is served, restore into an empty folder, and read all of that')
  const [backup, restored] = [`${join(folder, 'backup')}/`, join(folder, 'restored')]
  await ibuild(['registry', 'backup', backup, '--root', root])
  await ibuild(['registry', 'restore', backup, '--root', restored])
  await ibuild(['registry', 'fsck', '--deep', '--root', restored])
  const moves = (from: string): Promise<string> => ibuild(['registry', 'history', 'team/site:latest', '--root', from])
  expect((await moves(restored)) === (await moves(root)), 'tags and their history are the same')
  await ibuild(['registry', 'restore', backup, '--root', restored], { code: 1 })
}
