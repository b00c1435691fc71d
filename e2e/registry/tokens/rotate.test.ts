import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { type RunOutput, run } from '../../testing/run.ts'
import { ibuildScript } from '../../testing/workspace.ts'
import { passwords, tokenScene } from './scene.ts'

test('keys of tokens are made anew and revoked, on a running server and without one', async (t) => {
  const { host, server, root } = await tokenScene(t)
  const rotate = (...args: string[]): Promise<RunOutput> =>
    run(process.execPath, [ibuildScript, 'registry', 'token', ...args, '--root', root])
  const basic = `Basic ${Buffer.from(`ann:${passwords.ann}`).toString('base64')}`
  const tokenOf = async (): Promise<string> => {
    const answer = await fetch(`http://${host}/token?scope=repository:team/app:pull`, {
      headers: { authorization: basic },
    })
    return ((await answer.json()) as { token: string }).token
  }
  const status = async (token: string): Promise<number> =>
    (await fetch(`http://${host}/v2/team/app/tags/list`, { headers: { authorization: `Bearer ${token}` } })).status
  const token = await tokenOf()
  t.is(await status(token), 404)
  const first = await rotate('rotate')
  t.regex(first.stdout, /^the key \S{43} signs now; what was signed before counts as long as it lasts\n$/)
  t.deepEqual([await status(token), await status(await tokenOf())], [404, 404])
  const second = await rotate('rotate', '--revoke', '--json')
  t.is(JSON.parse(second.stdout).earlier, 0)
  t.deepEqual([await status(token), await status(await tokenOf())], [401, 404])

  await server.close()
  const file = join(root, 'registry/token-keys/keys.json')
  const before = readFileSync(file, 'utf8')
  const third = await rotate('rotate', '--revoke')
  t.regex(third.stdout, /signs now; nothing that was signed before counts\n$/)
  t.false(readFileSync(file, 'utf8').includes(JSON.parse(second.stdout).key))
  t.not(readFileSync(file, 'utf8'), before)
  t.is(statSync(file).mode & 0o777, 0o600)
  const wrong = await rotate('revoke')
  t.is(wrong.code, 2)
  t.regex(wrong.stderr, /token: "revoke" is not rotate/)
})
