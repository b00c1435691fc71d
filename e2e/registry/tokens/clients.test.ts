import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { needs } from '../../testing/needs.ts'
import { requireProgram } from '../../testing/programs.ts'
import { type RunOutput, run } from '../../testing/run.ts'
import { contentOfLayout } from '../clients/content.ts'
import { imagesOnce } from '../clients/images.ts'
import { passwords, type TokenScene, tokenScene } from './scene.ts'

const images = imagesOnce()

/** A client as people use it: each call is one of these, by itself. */
interface Client {
  readonly login: (name: string, password: string) => Promise<RunOutput>
  readonly logout: () => Promise<RunOutput>
  readonly push: (repository: string) => Promise<RunOutput>
  readonly pull: (repository: string) => Promise<RunOutput>
}

type Start = (scene: TokenScene, layout: string) => Promise<Client> | Client

function program(
  name: string,
  env: Readonly<Record<string, string>>,
): (args: readonly string[], input?: string) => Promise<RunOutput> {
  return (args, input = '') => run(requireProgram(name), args, { input, env })
}

const skopeo: Start = ({ host, folder }, layout) => {
  const call = program('skopeo', { REGISTRY_AUTH_FILE: join(folder, 'auth.json') })
  const plain = ['--src-tls-verify=false', '--dest-tls-verify=false']
  return {
    login: (name, password) => call(['login', '--tls-verify=false', '-u', name, '--password-stdin', host], password),
    logout: () => call(['logout', host]),
    push: (repository) => call(['copy', ...plain, `oci:${layout}:app`, `docker://${host}/${repository}:1`]),
    pull: (repository) => call(['copy', ...plain, `docker://${host}/${repository}:1`, `dir:${join(folder, 'pulled')}`]),
  }
}

const podman: Start = async ({ host, folder }) => {
  writeFileSync(join(folder, 'auth.json'), '{}') // it wants the file to be there
  const storage = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--storage-driver', 'vfs']
  const tool = program('podman', { REGISTRY_AUTH_FILE: join(folder, 'auth.json') })
  const call = (args: readonly string[], input?: string): Promise<RunOutput> => tool([...storage, ...args], input)
  const { space } = await images()
  const { bytes } = await space.ok(['save', '--format', 'oci', 'sample:app'])
  await run(requireProgram('podman'), [...storage, 'load'], { input: bytes })
  return {
    login: (name, password) => call(['login', '--tls-verify=false', '-u', name, '--password-stdin', host], password),
    logout: () => call(['logout', host]),
    push: (repository) => call(['push', '--tls-verify=false', 'sample:app', `docker://${host}/${repository}:1`]),
    pull: (repository) => call(['pull', '--tls-verify=false', `${host}/${repository}:1`]),
  }
}

const crane: Start = async ({ host, folder }, layout) => {
  const call = program('crane', { DOCKER_CONFIG: join(folder, 'docker') })
  const alone = join(folder, 'alone')
  await run(requireProgram('skopeo'), ['copy', '--preserve-digests', `oci:${layout}:app`, `oci:${alone}:app`])
  return {
    login: (name, password) => call(['auth', 'login', '-u', name, '--password-stdin', host], password),
    logout: () => call(['auth', 'logout', host]),
    push: (repository) => call(['push', alone, `${host}/${repository}:1`]),
    pull: (repository) => call(['pull', '--format', 'oci', `${host}/${repository}:1`, join(folder, 'pulled')]),
  }
}

const regctl: Start = async ({ host, folder }, layout) => {
  const call = program('regctl', { REGCTL_CONFIG: join(folder, 'regctl.json'), DOCKER_CONFIG: join(folder, 'docker') })
  await call(['registry', 'set', host, '--tls', 'disabled'])
  return {
    login: (name, password) => call(['registry', 'login', host, '-u', name, '--pass-stdin'], password),
    logout: () => call(['registry', 'logout', host]),
    push: (repository) => call(['image', 'copy', `ocidir://${layout}:app`, `${host}/${repository}:1`]),
    pull: (repository) => call(['image', 'copy', `${host}/${repository}:1`, `ocidir://${join(folder, 'pulled')}:1`]),
  }
}

const clients: readonly (readonly [name: string, start: Start, ...programs: string[]])[] = [
  ['skopeo', skopeo],
  ['podman', podman, 'podman'],
  ['crane', crane, 'crane'],
  ['regctl', regctl, 'regctl'],
]

for (const [name, start, ...programs] of clients) {
  for (const hasTokens of [true, false]) tries({ name, start, programs, hasTokens })
}

interface Tried {
  readonly name: string
  readonly start: Start
  readonly programs: readonly string[]
  readonly hasTokens: boolean
}

function tries({ name, start, programs, hasTokens }: Tried): void {
  needs(
    test.serial,
    'root',
    'busybox',
    'runc',
    'skopeo',
    ...programs,
  )(
    `${name} logs in${hasTokens ? '' : ' without tokens'}, pushes, pulls and logs out; what the rules do not grant is refused`,
    async (t) => {
      const [{ layout }, scene] = [await images(), await tokenScene(t, { hasTokens })]
      const client = await start(scene, layout)
      const works = async (work: Promise<RunOutput>, what: string): Promise<void> => {
        const { code, stdout, stderr } = await work
        t.is(code, 0, `${what}\n${stdout}${stderr}\n${scene.server.log()}`)
      }
      const fails = async (work: Promise<RunOutput>, what: string): Promise<void> => {
        const { code, stdout, stderr } = await work
        t.not(code, 0, what)
        t.regex(stdout + stderr, /unauthorized|denied|authentication|401|403|invalid username/i, what)
        t.false((stdout + stderr).includes(passwords.ann), 'no password is shown')
      }
      await fails(client.push('team/app'), 'nobody pushes')
      if (name !== 'crane' && name !== 'regctl') await fails(client.login('ann', 'wrong'), 'a wrong password') // these two only write it down
      await works(client.login('ann', passwords.ann), 'ann logs in')
      await works(client.push('team/app'), 'ann pushes')
      await works(client.push('public/app'), 'ann pushes what all may pull')
      await works(client.push('team/other'), 'ann pushes the same elsewhere')
      await fails(client.push('others/app'), 'ann pushes where she may not')
      await works(client.logout(), 'ann logs out')
      await fails(client.pull('team/app'), 'nobody pulls')
      await works(client.pull('public/app'), 'everybody pulls')
      await works(client.login('bob', passwords.bob), 'bob logs in')
      await works(client.pull('team/app'), 'bob pulls')
      await fails(client.push('team/app2'), 'bob pushes')
      t.false(scene.server.log().includes('eyJ'), 'no token is in the log')
    },
  )
}

needs(
  test.serial,
  'root',
  'busybox',
  'runc',
  'skopeo',
)('what is pushed by a token is what was there', async (t) => {
  const [{ layout }, scene] = [await images(), await tokenScene(t)]
  const client = await skopeo(scene, layout)
  await client.login('ann', passwords.ann)
  t.is((await client.push('team/app')).code, 0)
  mkdirSync(join(scene.folder, 'pulled'), { recursive: true })
  t.is((await client.pull('team/app')).code, 0)
  const manifest = join(scene.folder, 'pulled/manifest.json')
  t.true(existsSync(manifest))
  const { blobs, digest } = await contentOfLayout(layout, 'app')
  t.is(readFileSync(manifest, 'utf8'), String(blobs.get(digest)))
})
