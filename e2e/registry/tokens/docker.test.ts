import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Dockerd, startDockerd } from '../../testing/dockerd.ts'
import { needs } from '../../testing/needs.ts'
import { imagesOnce } from '../clients/images.ts'
import { shortFolder } from '../clients/server.ts'
import { changePassword, passwords, type TokenScene, tokenScene } from './scene.ts'

const images = imagesOnce()
const withDocker = needs(test.serial, 'root', 'docker', 'dockerd', 'busybox', 'runc')

interface Docker extends TokenScene {
  readonly daemon: Dockerd
  /** What docker keeps of the login. */
  readonly kept: () => { readonly auth?: string; readonly identitytoken?: string } | undefined
  readonly login: (name: string, password: string) => ReturnType<Dockerd['tryDocker']>
}

const ends: (() => unknown)[] = []
let starting: Promise<Daemon> | undefined
test.after.always(async () => {
  for (const end of ends) await end()
})

interface Daemon {
  readonly folder: string
  readonly daemon: Dockerd
}

/** One daemon, with the image, for all tests of this file: what it keeps of a login it keeps by the port of the registry. */
async function startDaemon(): Promise<Daemon> {
  const folder = join(shortFolder({ teardown: (end) => void ends.unshift(end) }), 'd')
  mkdirSync(folder)
  const daemon = await startDockerd(folder)
  ends.unshift(() => daemon.close())
  const { bytes } = await (await images()).space.ok(['save', '--format', 'docker', 'sample:plain'])
  await daemon.docker(['load'], { input: bytes })
  return { folder, daemon }
}

async function dockerScene(t: ExecutionContext, hasTokens = true): Promise<Docker> {
  starting ??= startDaemon()
  const [scene, { folder, daemon }] = [await tokenScene(t, { hasTokens }), await starting]
  for (const name of ['team/app', 'team/other', 'public/app', 'others/app'])
    await daemon.docker(['tag', 'sample:plain', `${scene.host}/${name}:1`])
  return {
    ...scene,
    daemon,
    kept: () => JSON.parse(readFileSync(join(folder, 'client/config.json'), 'utf8')).auths?.[scene.host],
    login: (name, password) =>
      daemon.tryDocker(['login', '-u', name, '--password-stdin', scene.host], { input: password }),
  }
}

withDocker('docker logs in, pushes, mounts, pulls and logs out', async (t) => {
  const { host, daemon, kept, login } = await dockerScene(t)
  const push = (name: string): ReturnType<Dockerd['tryDocker']> => daemon.tryDocker(['push', `${host}/${name}:1`])
  t.not((await push('team/app')).code, 0)
  const wrong = await login('ann', 'wrong')
  t.not(wrong.code, 0)
  t.regex(wrong.stderr, /unauthorized|name or password is wrong/)

  const right = await login('ann', passwords.ann)
  t.is(right.code, 0, right.stderr)
  t.is(kept()?.identitytoken?.length, 43, 'docker keeps a token in place of the password')
  t.false(
    Buffer.from(kept()?.auth ?? '', 'base64')
      .toString()
      .includes(passwords.ann),
  )

  for (const name of ['team/app', 'public/app']) t.is((await push(name)).code, 0, name)
  const mounted = await push('team/other')
  t.is(mounted.code, 0, mounted.stderr)
  t.regex(mounted.stdout, /Mounted from/)
  const denied = await push('others/app')
  t.not(denied.code, 0)
  t.regex(denied.stderr, /denied|unauthorized/)

  await daemon.docker(['logout', host])
  await daemon.docker(['rmi', `${host}/team/app:1`, `${host}/public/app:1`])
  t.not((await daemon.tryDocker(['pull', `${host}/team/app:1`])).code, 0)
  await daemon.docker(['pull', `${host}/public/app:1`])
  t.is((await login('bob', passwords.bob)).code, 0)
  await daemon.docker(['pull', `${host}/team/app:1`])
  t.not((await push('team/app')).code, 0)
})

withDocker('a login of docker ends with its password', async (t) => {
  const scene = await dockerScene(t)
  const { host, daemon, login } = scene
  t.is((await login('ann', passwords.ann)).code, 0)
  await daemon.docker(['push', `${host}/team/app:1`])
  await changePassword(scene, 'ann', 'another password')
  const refused = await daemon.tryDocker(['push', `${host}/team/other:1`])
  t.not(refused.code, 0)
  t.is((await login('ann', 'another password')).code, 0)
  await daemon.docker(['push', `${host}/team/other:1`])
})

withDocker('without tokens docker sends its password, and needs one for what everybody may pull', async (t) => {
  const { host, daemon, kept, login } = await dockerScene(t, false)
  const push = (name: string): ReturnType<Dockerd['tryDocker']> => daemon.tryDocker(['push', `${host}/${name}:1`])
  t.not((await login('ann', 'wrong')).code, 0)
  const right = await login('ann', passwords.ann)
  t.is(right.code, 0, right.stderr)
  t.is(kept()?.identitytoken, undefined)
  for (const name of ['team/app', 'public/app']) t.is((await push(name)).code, 0, name)
  t.regex((await push('team/other')).stdout, /Mounted from/)
  t.regex((await push('others/app')).stderr, /denied|unauthorized/)
  await daemon.docker(['logout', host])
  await daemon.docker(['rmi', `${host}/team/app:1`, `${host}/public/app:1`])
  for (const name of ['team/app', 'public/app'])
    t.regex((await daemon.tryDocker(['pull', `${host}/${name}:1`])).stderr, /no basic auth credentials|unauthorized/)
  t.is((await login('bob', passwords.bob)).code, 0)
  for (const name of ['team/app', 'public/app']) await daemon.docker(['pull', `${host}/${name}:1`])
  t.not((await push('team/app')).code, 0)
})
