import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { writeKeyFile } from '../../../notary/keys/key-file.ts'
import { newCertificate, newKey } from '../../../notary/tuf/testing/keys.ts'
import { needs } from '../../testing/needs.ts'
import { temporaryFolder } from '../../testing/temporary.ts'
import { delegationKey } from '../testing/delegation-key.ts'
import { sharedServers } from '../testing/shared-servers.ts'
import { passphrases, type StockClient, stockClient } from '../testing/stock-client.ts'
import { get, type TrustServer } from '../testing/trust-server.ts'

const servers = sharedServers(test)
const hash = 'ab'.repeat(32)

interface Scene {
  readonly server: TrustServer
  readonly gun: string
  readonly client: StockClient
  readonly folder: string
  /** A client that has seen nothing yet, or what another one has. */
  readonly another: (from?: StockClient) => StockClient
  /** Path of a new file. */
  readonly file: (name: string, text: string) => string
}

let count = 0

function scene(t: { teardown(fn: () => void): void }, server: TrustServer): Scene {
  const folder = temporaryFolder(t)
  const another = (from?: StockClient): StockClient => {
    const own = join(folder, `client-${++count}`)
    if (from !== undefined) cpSync(from.folder, own, { recursive: true })
    return stockClient(server, own)
  }
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  return { server, gun: `localhost:5000/team/app-${++count}`, client: another(), folder, another, file }
}

for (const { title, needed, server } of servers) {
  const stock = needs(test, 'notary', ...needed)

  stock(`${title}: a collection is made, filled, read, verified and emptied`, async (t) => {
    const { gun, client, another, file } = scene(t, await server())
    const one = file('one', 'one\n')
    t.regex(await client.notary('init', gun), /Root key found|is not set|initialized|Generating|$/)
    await client.notary('add', gun, 'v1', one, '--custom', file('custom.json', '{"a":[1,null],"b":"é"}'))
    await client.notary('addhash', gun, 'v2', '12', '--sha256', hash)
    t.regex(await client.notary('status', gun), /create\s+targets\s+target\s+v1/)
    t.regex(await client.notary('publish', gun), /Successfully published/)
    const reader = another()
    t.regex(
      await reader.notary('list', gun),
      new RegExp(`v1\\s+2c8b08da5ce6.*\\s+4\\s+targets[^]*v2\\s+${hash}\\s+12\\s+targets`),
    )
    t.regex(await reader.notary('lookup', gun, 'v1'), /^v1 sha256:2c8b08da5ce60398/)
    t.regex(await reader.notary('verify', gun, 'v1', '-i', one), /one/)
    t.regex(
      await reader.refused('verify', gun, 'v1', '-i', file('two', 'two\n')),
      /data not present in the trusted collection/,
    )
    t.regex(await reader.refused('lookup', gun, 'v3'), /No (?:valid )?trust data for v3/)
    await client.notary('remove', gun, 'v2', '-p')
    t.notRegex(await reader.notary('list', gun), /v2/)
  })

  stock(`${title}: there is nothing of a collection that nobody made`, async (t) => {
    const { gun, client } = scene(t, await server())
    t.regex(await client.refused('list', gun), /does not have trust data for localhost:5000/)
  })

  stock(`${title}: others sign by delegation, within their paths`, async (t) => {
    const { gun, client, another, file, folder } = scene(t, await server())
    const one = file('one', 'one\n')
    await client.notary('init', gun, '-p')
    await client.notary('key', 'rotate', gun, 'snapshot', '-r')
    const bob = delegationKey(folder, 'bob', 'ec')
    const eve = delegationKey(folder, 'eve', 'rsa')
    await client.notary('delegation', 'add', gun, 'targets/releases', bob.certificate, '--all-paths')
    await client.notary('delegation', 'add', gun, 'targets/eve', eve.certificate, '--paths', 'v1.,v2.')
    await client.notary('publish', gun)
    const list = await client.notary('delegation', 'list', gun)
    t.regex(list, /targets\/eve\s+v1\.\s+[0-9a-f]{64}\s+1\s+v2\./)
    t.regex(list, /targets\/releases\s+""\s+<all paths>\s+[0-9a-f]{64}\s+1/)
    const [bobs, eves] = [another(), another()]
    await bobs.notary('key', 'import', bob.key, '--role', 'bob')
    await eves.notary('key', 'import', eve.key, '--role', 'eve')
    await bobs.notary('add', gun, 'v3', one, '-r', 'targets/releases', '-p')
    await eves.notary('add', gun, 'v1.5', one, '-r', 'targets/eve', '-p')
    t.regex(await client.notary('list', gun), /v1\.5\s+\S+\s+4\s+targets\/eve[^]*v3\s+\S+\s+4\s+targets\/releases/)
    await eves.refused('add', gun, 'v9', one, '-r', 'targets/eve', '-p')
    await eves.notary('reset', gun, '--all')
    await bobs.notary('witness', gun, 'targets/releases', '-p')
    t.regex(await another().notary('list', gun), /v3/)
    await client.notary('delegation', 'purge', gun, '--key', eve.id(list, 'targets/eve'))
    await client.notary('delegation', 'remove', gun, 'targets/releases', '-y')
    await client.notary('publish', gun)
    t.notRegex(await another().notary('list', gun), /targets\/releases/)
    t.notRegex(await another().notary('delegation', 'list', gun), /targets\/releases/)
  })

  stock(`${title}: each key is rotated, and clients that were behind follow`, async (t) => {
    const { gun, client, another, file } = scene(t, await server())
    await client.notary('init', gun)
    await client.notary('add', gun, 'v1', file('one', 'one\n'))
    await client.notary('publish', gun)
    const behind = another(client)
    const reader = another()
    await reader.notary('list', gun)
    for (const role of ['snapshot', 'timestamp']) await client.notary('key', 'rotate', gun, role, '-r')
    await client.notary('key', 'rotate', gun, 'targets')
    t.regex(await another(reader).notary('list', gun), /v1\s/)
    for (let i = 0; i < 3; i++) await client.notary('key', 'rotate', gun, 'root')
    await client.notary('add', gun, 'v2', file('two', 'two\n'))
    await client.notary('publish', gun)
    for (const late of [reader, behind, another()]) t.regex(await late.notary('list', gun), /v1\s[^]*v2\s/)
  })

  stock(`${title}: the root may be a key with a certificate that a CA issued`, async (t) => {
    const { gun, client, another, file } = scene(t, await server())
    const authority = newKey('ecdsa').privateKey
    const { privateKey } = newKey('ecdsa')
    const issuer = { commonName: 'CA of the company', privateKey: authority }
    const certificate = newCertificate(privateKey, { commonName: gun, usages: [], issuer })
    const key = file(
      'root.key',
      await writeKeyFile(privateKey, { role: 'root', gun: undefined }, passphrases.NOTARY_ROOT_PASSPHRASE),
    )
    await client.notary('init', gun, '--rootkey', key, '--rootcert', file('root.crt', certificate))
    await client.notary('add', gun, 'v1', file('one', 'one\n'), '-p')
    t.regex(await another().notary('list', gun), /v1\s/)
  })

  stock(`${title}: a collection is deleted, and made anew`, async (t) => {
    const { gun, client, another, server: at, file } = scene(t, await server())
    await client.notary('init', gun, '-p')
    t.regex(await client.notary('delete', gun, '--remote'), /Successfully deleted local and remote trust data/)
    t.regex(await another().refused('list', gun), /does not have trust data/)
    const changes = await get(at, `/v2/${gun}/_trust/changefeed?records=100`)
    const { records } = JSON.parse(changes.body.toString()) as { records: { Category: string; Version: number }[] }
    t.deepEqual(records.map(({ Category }) => Category).at(-1), 'deletion')
    t.is(records[0]?.Category, 'update')
    await client.notary('init', gun)
    await client.notary('add', gun, 'v1', file('one', 'one\n'), '-p')
    t.regex(await another().notary('list', gun), /v1/)
  })

  stock(`${title}: who publishes what another one did not know of is told so, and loses nothing`, async (t) => {
    const { gun, client, another, file } = scene(t, await server())
    await client.notary('init', gun, '-p')
    const second = another(client)
    const names = ['a', 'b', 'c', 'd']
    const clients = [client, second, another(client), another(client)]
    for (const [i, name] of names.entries()) await clients[i]?.notary('add', gun, name, file(name, name))
    const outcomes = await Promise.all(clients.map((one) => one.try('publish', gun)))
    t.true(outcomes.some(({ code }) => code === 0))
    for (const [i, { code, text }] of outcomes.entries()) {
      if (code === 0) continue
      t.regex(text, conflict(title), text)
      await clients[i]?.notary('publish', gun)
    }
    const list = await another().notary('list', gun)
    for (const name of names) t.regex(list, new RegExp(`^${name}\\s`, 'm'))
  })
}

/** The reference server leaves it to the client to guess. */
function conflict(title: string): RegExp {
  return title === 'ibuild'
    ? /publish conflict: (?:targets|snapshot) version \d+ was published meanwhile/
    : /trust server rejected operation/
}
