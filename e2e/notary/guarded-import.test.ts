import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { needs } from '../testing/needs.ts'
import { type RunOutput, run } from '../testing/run.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import { ibuildScript } from '../testing/workspace.ts'
import { startGuardedServer } from './testing/guarded-server.ts'
import { stockClient } from './testing/stock-client.ts'

const config = `
hosts: ['registry.example:5000']
access:
  rules:
    - { repositories: ['team/**'], who: ['user:ann'], actions: [pull, push] }
    - { repositories: ['**'], who: ['user:bob'], actions: [pull] }
    - { repositories: ['ops/**'], who: ['user:eve'], actions: [pull] }
`
const passwords = { ann: 'password of ann', bob: 'password of bob', eve: 'password of eve' }
const gun = 'registry.example:5000/team/app'

needs(test, 'notary')('a server that asks for a token is imported from with an account that may read', async (t) => {
  const folder = temporaryFolder(t)
  await using old = await startGuardedServer(join(folder, 'old'), { config, passwords })
  const file = join(folder, 'file')
  writeFileSync(file, 'one\n')
  const ann = stockClient(old, join(folder, 'ann'), { account: `ann:${passwords.ann}` })
  await ann.notary('init', gun)
  await ann.notary('add', gun, 'v1', file, '-p')
  const importing = async (root: string, words: readonly string[], password = ''): Promise<RunOutput> => {
    const from = ['--from', old.url, '--ca', old.authority, '--root', join(folder, root)]
    const env = { HOME: folder, DOCKER_CONFIG: join(folder, 'docker') }
    const args = [ibuildScript, 'notary', 'import', ...words, ...from]
    return run(process.execPath, args, { env, input: `${password}\n`, timeout: 60_000 })
  }
  const bob = ['--user', 'bob', '--password-stdin']
  const nobody = await importing('new', [gun])
  t.deepEqual([nobody.code, /\[TRUST_DENIED\]/.test(nobody.stderr)], [3, true], nobody.stderr)
  const wrong = await importing('new', [gun, ...bob], 'a wrong secret')
  t.not(wrong.code, 0)
  t.false((wrong.stderr + wrong.stdout).includes('a wrong secret'))
  const one = await importing('new', [gun, ...bob], passwords.bob)
  t.like(one, { code: 0, stdout: `${gun}: imported, with its root and 3 other files\n` }, one.stderr)
  const all = await importing('other', ['--all', ...bob], passwords.bob)
  t.like(all, { code: 0, stdout: `${gun}: imported, with its root and 3 other files\n` }, all.stderr)
  const others = await importing('eve', ['--all', '--user', 'eve', '--password-stdin'], passwords.eve)
  t.false((others.stdout + others.stderr).includes(gun), 'nobody is told of what he may not pull')
  const unknown = await importing('third', ['--all'])
  t.deepEqual([unknown.code, /\[TRUST_DENIED\]/.test(unknown.stderr)], [3, true], unknown.stderr)
})
