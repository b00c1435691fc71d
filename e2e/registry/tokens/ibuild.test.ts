import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { type RunOutput, run } from '../../testing/run.ts'
import { ibuildScript } from '../../testing/workspace.ts'
import { pushImage } from './push-image.ts'
import { changePassword, passwords, type TokenScene, tokenScene } from './scene.ts'

interface Ibuild {
  readonly ibuild: (args: readonly string[], input?: string) => Promise<RunOutput>
  readonly login: (name: string, password: string) => Promise<RunOutput>
  /** What is kept of the login. */
  readonly kept: () => unknown
}

function start({ host, folder }: TokenScene): Ibuild {
  const env = { HOME: folder, DOCKER_CONFIG: join(folder, 'docker'), IBUILD_ROOT: join(folder, 'store') }
  const ibuild: Ibuild['ibuild'] = (args, input = '') => run(process.execPath, [ibuildScript, ...args], { input, env })
  return {
    ibuild,
    login: (name, password) => ibuild(['login', '-u', name, '--password-stdin', host], password),
    kept: () => JSON.parse(readFileSync(join(folder, 'docker/config.json'), 'utf8')).auths[host],
  }
}

test('ibuild keeps a token in place of the password, pulls and pushes with it, and ends with the password', async (t) => {
  const scene = await tokenScene(t)
  const { host } = scene
  await pushImage(`http://${host}`, 'team/app', `ann:${passwords.ann}`)
  const { ibuild, login, kept } = start(scene)
  const wrong = await login('ann', 'wrong')
  t.deepEqual([wrong.code, wrong.stdout], [1, ''])
  t.regex(wrong.stderr, /the name or password is wrong.*REGISTRY_DENIED/s)

  t.is((await login('ann', passwords.ann)).code, 0)
  const entry = kept() as { auth: string; identitytoken: string }
  t.is(Buffer.from(entry.auth, 'base64').toString(), 'ann:')
  t.is(entry.identitytoken.length, 43)
  const pulled = await ibuild(['pull', `${host}/team/app:1`])
  t.is(pulled.code, 0, pulled.stderr)
  const tagged = await ibuild(['tag', `${host}/team/app:1`, `${host}/team/other:1`])
  t.is(tagged.code, 0, tagged.stderr)
  const pushed = await ibuild(['push', `${host}/team/other:1`])
  t.is(pushed.code, 0, pushed.stderr)
  await ibuild(['tag', `${host}/team/app:1`, `${host}/others/app:1`])
  const denied = await ibuild(['push', `${host}/others/app:1`])
  t.is(denied.code, 1)
  t.regex(denied.stderr, /REGISTRY_DENIED/)

  await changePassword(scene, 'ann', 'another password')
  const over = await ibuild(['push', `${host}/team/other:1`])
  t.is(over.code, 1)
  t.regex(over.stderr, /this login is over.*REGISTRY_DENIED/s)
})
