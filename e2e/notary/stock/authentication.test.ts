import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { needs } from '../../testing/needs.ts'
import { temporaryFolder } from '../../testing/temporary.ts'
import { type GuardedServer, startGuardedServer } from '../testing/guarded-server.ts'
import { type StockClient, stockClient } from '../testing/stock-client.ts'
import { get } from '../testing/trust-server.ts'

const stock = needs(test, 'notary')

const config = `
hosts: ['registry.example:5000']
access:
  rules:
    - { repositories: ['team/**'], who: ['user:ann'], actions: [pull, push, delete] }
    - { repositories: ['team/**'], who: ['user:bob'], actions: [pull] }
    - { repositories: ['public/**'], who: ['anonymous'], actions: [pull] }
    - { repositories: ['public/**'], who: ['user:ann'], actions: [pull, push] }
`
const passwords = { ann: 'password of ann', bob: 'password of bob' }

interface Scene {
  readonly server: GuardedServer
  /** A client of somebody, or of nobody. */
  readonly as: (name?: keyof typeof passwords) => StockClient
  readonly one: string
}

async function scene(t: { teardown(fn: () => unknown): void }): Promise<Scene> {
  const folder = temporaryFolder(t)
  const server = await startGuardedServer(join(folder, 'server'), { config, passwords })
  t.teardown(() => server.close())
  const one = join(folder, 'one')
  writeFileSync(one, 'one\n')
  let count = 0
  const as: Scene['as'] = (name) => {
    const own = join(folder, `client-${++count}`)
    return stockClient(server, own, name === undefined ? {} : { account: `${name}:${passwords[name]}` })
  }
  return { server, as, one }
}

stock('who may push publishes, who may pull reads, and others learn that they may not', async (t) => {
  const { server, as, one } = await scene(t)
  const gun = 'registry.example:5000/team/app'
  const ann = as('ann')
  await ann.notary('init', gun, '-p')
  await ann.notary('add', gun, 'v1', one, '-p')
  t.regex(await as('ann').notary('list', gun), /v1/)
  t.regex(await as('bob').notary('list', gun), /v1/)
  t.regex(await as().refused('list', gun), /not authorized|authentication required|no basic auth credentials/i)
  const bob = as('bob')
  await bob.notary('list', gun)
  t.regex(await bob.refused('key', 'rotate', gun, 'snapshot', '-r'), /not authorized|401/)
  t.regex(await as('bob').refused('delete', gun, '--remote'), /not authorized|401|authorized/)
  const challenge = await get(server, '/v2/')
  t.is(challenge.status, 401)
  t.regex(String(challenge.headers['www-authenticate']), /^Bearer realm="https:\/\/[^"]+",service="[^"]+"/)
  await ann.notary('key', 'rotate', gun, 'snapshot', '-r')
  t.regex(await ann.notary('delete', gun, '--remote'), /Successfully deleted/)
  t.regex(await as('bob').refused('list', gun), /does not have trust data/)
})

stock('what everybody may pull is read without an account', async (t) => {
  const { as, one } = await scene(t)
  const gun = 'registry.example:5000/public/app'
  const ann = as('ann')
  await ann.notary('init', gun)
  await ann.notary('add', gun, 'v1', one, '-p')
  const nobody = as()
  t.regex(await nobody.notary('list', gun), /v1/)
  t.regex(await nobody.notary('lookup', gun, 'v1'), /sha256/)
  t.regex(await nobody.notary('verify', gun, 'v1', '-i', one), /one/)
})

stock('a wrong password opens nothing, and collections of other registries are not taken', async (t) => {
  const { server, as } = await scene(t)
  const mallory = stockClient(server, `${as().folder}-mallory`, { account: 'ann:wrong' })
  t.regex(await mallory.refused('init', 'registry.example:5000/team/app', '-p'), /not authorized|401|unauthorized/i)
  t.regex(await as('ann').refused('init', 'other.example/team/app', '-p'), /timestamp key trust data unavailable/)
})
