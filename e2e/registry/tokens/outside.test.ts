import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { signJwt } from '../../../registry/token/testing/sign-jwt.ts'
import { run } from '../../testing/run.ts'
import { startServe } from '../../testing/serve.ts'
import { ibuildScript } from '../../testing/workspace.ts'
import { shortFolder } from '../clients/server.ts'

const config = `token:
  issuers:
    - { name: ci, issuer: https://ci.example, audience: registry.example, keys: keys.json }
access:
  rules:
    - { repositories: ['built/**'], who: ['group:ci/builders'], actions: [pull, push] }
`

test('tokens of another issuer are taken by a server that has no accounts, and nothing else is', async (t) => {
  const folder = shortFolder(t)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid: 'one' }
  writeFileSync(join(folder, 'keys.json'), JSON.stringify({ keys: [jwk] }))
  const file = join(folder, 'config.yaml')
  writeFileSync(file, config)
  const checked = await run(process.execPath, [ibuildScript, 'serve', '--check-config', '--config', file])
  t.is(checked.code, 0, checked.stderr)
  t.true(checked.stdout.includes(join(folder, 'keys.json')), 'paths are relative to the file')

  await using server = await startServe(join(folder, 'data'), { args: ['--config', file] })
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: 'https://ci.example', aud: 'registry.example', sub: 'x', exp: now + 60, groups: ['builders'] }
  const token = signJwt({ alg: 'ES256', kid: 'one' }, claims, privateKey)
  const status = async (name: string, headers: Record<string, string> = {}): Promise<number> => {
    const answer = await fetch(`http://${server.host}/v2/${name}/blobs/uploads/`, { method: 'POST', headers })
    return answer.status
  }
  const authorization = `Bearer ${token}`
  t.is(await status('built/app', { authorization }), 202)
  t.is(await status('other/app', { authorization }), 403)
  t.is(await status('built/app'), 401)
  t.is(await status('built/app', { authorization: `${authorization.slice(0, -4)}AAAA` }), 401)
})
