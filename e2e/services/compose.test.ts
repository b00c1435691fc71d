import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { parse } from 'yaml'
import { newPerson, type Person, startDockerTrust, withoutContentTrust } from '../notary/testing/docker-trust.ts'
import { stockClient } from '../notary/testing/stock-client.ts'
import type { Dockerd } from '../testing/dockerd.ts'
import { missing, needs, skipFor } from '../testing/needs.ts'
import { requireProgram } from '../testing/programs.ts'
import { runOk } from '../testing/run.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'
import { type ComposeStack, makeStack } from './testing/compose-stack.ts'
import { buildServiceImage } from './testing/service-image.ts'

const wanted = ['root', 'docker', 'dockerd', 'docker-compose', 'mmdebstrap', 'npm', 'notary', 'runc']
const stock = skipFor(test.serial, missing(wanted) ?? withoutContentTrust())

/** The image of the services in a daemon, as it was signed, pushed and pulled. */
interface Scene {
  readonly folder: string
  readonly space: Workspace
  readonly daemon: Dockerd
  /** `HOST/ibuild@sha256:...`. */
  readonly image: string
  readonly stack: ComposeStack
}

const opened = new AsyncDisposableStack()
let started: Promise<Scene> | undefined
const scene = (): Promise<Scene> => (started ??= start())
test.after.always(async () => {
  await started?.catch(() => undefined)
  await opened.disposeAsync()
})

async function start(): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'ib-'))
  opened.defer(() => rmSync(folder, { recursive: true, force: true }))
  const space = await makeWorkspace({ teardown: (fn) => opened.defer(fn) })
  const trust = await startDockerTrust()
  opened.defer(() => trust.close())
  const name = `${trust.registry}/ibuild/services:1`
  await buildServiceImage(space, name)
  const builder = trust.person()
  const env = { ...builder.env, IBUILD_ROOT: space.root }
  await space.ok(['push', '--sign', name], { env, timeout: 300_000 })
  const pulled = await trust.person().trusted('pull', name)
  const digest = /Digest: (sha256:[0-9a-f]{64})/.exec(pulled)?.[1] ?? ''
  const image = `${trust.registry}/ibuild/services@${digest}`
  const stack = await makeStack(trust.daemon, join(folder, 'stack'), image)
  return { folder, space, daemon: trust.daemon, image, stack }
}

stock('the image is small, has nothing but what runs, and runs as nobody who could harm', async (t) => {
  t.timeout(900_000)
  const { daemon, image } = await scene()
  const { stdout } = await daemon.docker(['image', 'inspect', '--format', '{{json .}}', image])
  const { Size: size, Config: config } = JSON.parse(stdout) as {
    Size: number
    Config: { User: string; Entrypoint: string[]; Labels: Record<string, string>; Healthcheck: { Test: string[] } }
  }
  t.true(size < 200e6, `${size} bytes`)
  t.is(config.User, '65532:65532')
  t.deepEqual(config.Entrypoint, ['ibuild'])
  t.deepEqual(config.Healthcheck.Test, ['CMD', 'ibuild', 'health'])
  t.is(config.Labels['org.opencontainers.image.licenses'], 'Apache-2.0')
  const flags = ['--rm', '--network', 'none', '--read-only', '--cap-drop', 'ALL']
  t.regex((await daemon.docker(['run', ...flags, image, '--version'])).stdout, /\d+\.\d+\.\d+/)
  const shell = await daemon.tryDocker(['run', ...flags, '--entrypoint', '/bin/sh', image, '-c', 'true'])
  t.regex(shell.stderr, /no such file/)
  const sick = await daemon.tryDocker(['run', ...flags, image, 'health', '--timeout', '1'])
  t.is(sick.code, 1)
})

interface People {
  readonly ann: Person
  readonly bob: Person
  readonly newcomer: Person
}

/** ann as docker logs in, with a token in place of the password; the others with a password. Nobody has seen any collection. */
async function people({ folder, daemon, stack }: Scene): Promise<People> {
  const { registry, notary } = stack
  const person = (name: string, account?: string): Person =>
    newPerson({ folder: join(folder, name), registry, notary, daemon, account })
  const ann = person('ann')
  await runOk('docker', ['login', registry, '-u', 'ann', '--password-stdin'], {
    input: 'password of ann',
    env: { ...ann.env, DOCKER_HOST: daemon.host },
  })
  const account = 'bob:password of bob'
  return { ann, bob: person('bob', account), newcomer: person('newcomer', account) }
}

async function makeImage(t: { teardown(fn: () => void): void }, who: Person, names: readonly string[]): Promise<void> {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'file'), names.join())
  await runOk('tar', ['-C', folder, '-cf', join(folder, 'layer.tar'), 'file'])
  for (const name of names) await who.docker('import', join(folder, 'layer.tar'), name)
}

const policy = `
version: 1
mode: enforce
policies:
  - id: old
    repos: { include: ['team/.*'] }
    tags: { delete: ['old-.*'] }
limits: { maxPercentPerRepo: none }
`

/** The service gc runs the policy each minute. */
async function untilGone(who: Person, name: string): Promise<void> {
  for (const end = Date.now() + 150_000; Date.now() < end; await sleep(2000)) {
    const failure = await who.docker('pull', name).then(
      () => undefined,
      (error: unknown) => String(error),
    )
    if (failure !== undefined && /not found|manifest unknown/.test(failure)) return
  }
  throw new Error(`${name} is still there`)
}

stock(
  'compose runs the services: docker pushes and signs, image GC removes, and all is there after a restart',
  async (t) => {
    t.timeout(900_000)
    const all = await scene()
    const { stack, daemon, folder } = all
    await stack.init()
    t.true(existsSync(join(stack.credentials, 'signer/client.key')))
    for (const [name, input] of [
      ['ann', 'password of ann\n'],
      ['bob', 'password of bob\n'],
      ['gc', readFileSync(join(stack.credentials, 'gc.password'))],
    ] as const) {
      const user = ['run', '--rm', '-T', 'registry', 'registry', 'user', 'add', name, '--password-stdin']
      await stack.compose(user, { input })
    }
    await stack.up()

    const { ann, bob, newcomer } = await people(all)
    const name = `${stack.registry}/team/app`
    await makeImage(t, ann, [`${name}:v1`, `${name}:old-1`])
    t.regex(await ann.trusted('push', `${name}:v1`), /Successfully signed \S+team\/app:v1/)
    await ann.docker('push', `${name}:old-1`)
    await ann.docker('image', 'rm', `${name}:v1`, `${name}:old-1`)
    t.regex(await bob.trusted('pull', `${name}:v1`), /Tagging \S+team\/app@sha256/)
    const carl = stockClient(stack.notary, join(folder, 'carl'), { account: 'bob:password of bob' })
    t.regex(await carl.notary('list', name), /v1\s+[0-9a-f]{64}/)
    await stockClient(stack.notary, join(folder, 'nobody')).refused('list', name)

    const inRegistry = (...words: readonly string[]) => ['exec', '-T', 'registry', 'ibuild', ...words]
    await bob.docker('pull', `${name}:old-1`)
    await bob.docker('image', 'rm', `${name}:old-1`)
    await stack.compose(inRegistry('gc', 'policy', 'set', '-'), { input: policy })
    await untilGone(bob, `${name}:old-1`)

    await stack.compose(['down'], { timeout: 180_000 })
    t.is((await daemon.docker(['ps', '--quiet'])).stdout, '')
    await stack.up()
    await bob.docker('image', 'rm', `${name}:v1`)
    t.regex(await newcomer.trusted('pull', `${name}:v1`), /Tagging \S+team\/app@sha256/)
    await t.throwsAsync(bob.docker('pull', `${name}:old-1`), { message: /not found|manifest unknown/ })
    t.regex((await stack.compose(inRegistry('gc', 'history'))).stdout, /gc +schedule +1 removed/)
    await stack.compose(['down', '--volumes'], { timeout: 180_000 })
  },
)

needs(test, 'docker-compose')('with a network of their own the services call each other by name', async (t) => {
  const repository = join(import.meta.dirname, '../..')
  const files = ['compose.yaml', 'compose.override.yaml'].flatMap((name) => ['-f', join(repository, name)])
  const env = { IBUILD_CREDENTIALS: '/credentials', NOTARY_PORT: '4444' }
  const { stdout } = await runOk(requireProgram('docker-compose'), [...files, 'config'], { env })
  const { services } = parse(stdout) as { services: Readonly<Record<string, Readonly<Record<string, unknown>>>> }
  t.deepEqual(Object.keys(services).sort(), ['gc', 'notary', 'registry', 'signer'])
  for (const [name, service] of Object.entries(services)) t.false('network_mode' in service, name)
  const published = ['registry', 'notary'].map((name) => JSON.stringify(services[name]?.['ports']))
  t.regex(published[0] ?? '', /5000/)
  t.regex(published[1] ?? '', /4444/)
  for (const name of ['signer', 'gc']) t.is(services[name]?.['ports'], undefined, name)
})
