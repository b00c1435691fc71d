import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { needs } from '../../testing/needs.ts'
import { type Server, startServer } from '../../testing/serve.ts'
import { temporaryFolder } from '../../testing/temporary.ts'
import { sharedServers } from '../testing/shared-servers.ts'
import { stockClient } from '../testing/stock-client.ts'
import { type TrustClient, trustClient } from '../testing/trust-client.ts'
import type { TrustServer } from '../testing/trust-server.ts'

const servers = sharedServers(test)
const folder = mkdtempSync(join(tmpdir(), 'ibuild-test-'))
let registry: Promise<Server> | undefined
let count = 0

test.after.always('stop the registry', async () => {
  await (await registry)?.stop()
  rmSync(folder, { recursive: true, force: true })
})

interface Scene {
  readonly gun: string
  readonly owner: TrustClient
  readonly person: (name: string) => Promise<TrustClient>
  /** Digests, in hex, of what is in the registry as v1 and v2. */
  readonly digests: readonly [string, string]
}

/** A repository with two tags in a registry, and a person who signs it. */
async function scene(t: { teardown(fn: () => void): void }, server: TrustServer): Promise<Scene> {
  const own = temporaryFolder(t)
  registry ??= startServer(['--root', join(folder, 'registry'), '--listen', '127.0.0.1:0'])
  const gun = `127.0.0.1:${new URL((await registry).url).port}/team/app-${++count}`
  const person = async (name: string): Promise<TrustClient> => trustClient(server, join(own, name))
  const owner = await person('owner')
  const push = async (tag: string): Promise<string> => {
    const context = join(own, `context-${tag}`)
    mkdirSync(context)
    writeFileSync(join(context, 'file'), `${tag} of ${gun}\n`)
    writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nCOPY file /\n')
    await owner.ibuild('build', '-q', '-t', `${gun}:${tag}`, context)
    return /sha256:([0-9a-f]{64})/.exec(await owner.ibuild('push', `${gun}:${tag}`))?.[1] ?? 'no digest was told'
  }
  return { gun, owner, person, digests: [await push('v1'), await push('v2')] }
}

for (const { title, needed, server } of servers) {
  const withNotary = needs(test.serial, 'notary', ...needed)
  const withBoth = needs(test.serial, 'notary', 'docker', ...needed)

  withNotary(`${title}: what ibuild trust signs, the notary client lists and verifies`, async (t) => {
    const host = await server()
    const { gun, owner, digests } = await scene(t, host)
    t.is(
      await owner.trust('sign', `${gun}:v1`, `${gun}:v2`),
      `${gun}:v1 is signed as sha256:${digests[0]} by targets\n${gun}:v2 is signed as sha256:${digests[1]} by targets\n`,
    )
    const reader = stockClient(host, join(owner.folder, 'reader'))
    t.regex(
      await reader.notary('list', gun),
      new RegExp(`v1\\s+${digests[0]}.*targets[^]*v2\\s+${digests[1]}.*targets`),
    )
    await owner.trust('rotate', gun, 'root')
    await owner.trust('rotate', gun, 'targets')
    await owner.trust('rotate', gun, 'timestamp')
    await owner.trust('rotate', gun, 'snapshot', '--local')
    await owner.trust('revoke', `${gun}:v1`)
    await owner.trust('snapshot', gun)
    const list = await reader.notary('list', gun)
    t.notRegex(list, /v1/)
    t.regex(list, new RegExp(`v2\\s+${digests[1]}`))
    const refused = await owner.try('verify', `${gun}:v1`)
    t.is(refused.code, 3)
    t.regex(refused.stderr, /TRUST_NOT_SIGNED/)
  })

  withNotary(
    `${title}: what the notary client makes, ibuild trust reads and goes on with, by the same keys`,
    async (t) => {
      const host = await server()
      const { gun, owner, digests } = await scene(t, host)
      await owner.notary('init', gun)
      await owner.notary('addhash', gun, 'v1', '563', '--sha256', digests[0])
      await owner.notary('publish', gun)
      t.regex(
        await owner.trust('verify', '--no-registry', `${gun}:v1`),
        new RegExp(`is sha256:${digests[0]}, signed by targets\n`),
      )
      await owner.trust('sign', `${gun}:v2`)
      t.regex(await owner.notary('list', gun), new RegExp(`v1\\s+${digests[0]}[^]*v2\\s+${digests[1]}`))
      await owner.notary('key', 'rotate', gun, 'snapshot', '-r')
      await owner.notary('remove', gun, 'v1', '-p')
      t.deepEqual(tagsIn(await owner.trust('inspect', '--json', gun)), ['v2'])
      await owner.trust('delete', '-y', gun)
      t.regex(await owner.trust('key', 'list'), new RegExp(`targets +${gun} +[0-9a-f]{64} +yes`))
      t.is((await owner.try('inspect', gun)).code, 3)
    },
  )

  withBoth(`${title}: docker trust shows our signers and signatures, and we show those of docker`, async (t) => {
    const host = await server()
    const { gun, owner, person, digests } = await scene(t, host)
    const bob = await person('bob')
    await bob.trust('key', 'generate', 'bob')
    await owner.trust('signer', 'add', '--key', join(bob.folder, 'bob.pub'), 'bob', gun)
    const first = await bob.try('sign', `${gun}:v1`)
    t.is(first.code, 3)
    t.regex(first.stderr, /TRUST_PIN[^]*--first-use/)
    t.is(
      await bob.trust('sign', '--first-use', `${gun}:v1`),
      `${gun}:v1 is signed as sha256:${digests[0]} by targets/bob, targets/releases\n`,
    )
    const shown = await owner.docker('trust', 'inspect', '--pretty', gun)
    t.regex(shown, new RegExp(`v1 +${digests[0]} +bob\n`))
    t.regex(shown, /List of signers[^]*\nbob +[0-9a-f]{12}\n/)
    t.regex(await owner.trust('inspect', gun), new RegExp(`v1 +sha256:${digests[0]} +bob\n`))
    await owner.docker('trust', 'key', 'generate', 'eve')
    await owner.docker('trust', 'signer', 'add', '--key', 'eve.pub', 'eve', gun)
    t.is(
      await owner.trust('sign', `${gun}:v2`),
      `${gun}:v2 is signed as sha256:${digests[1]} by targets/releases, targets/eve\n`,
    )
    await owner.docker('trust', 'revoke', '-y', `${gun}:v2`)
    t.deepEqual(tagsIn(await bob.trust('inspect', '--json', gun)), ['v1'])
    const removal = await owner.try('signer', 'remove', 'bob', gun)
    t.is(removal.code, 0, removal.stderr)
    t.regex(
      await owner.docker('trust', 'inspect', '--pretty', gun),
      new RegExp(`v1 +${digests[0]} +\\(Repo Admin\\)|v1 +${digests[0]}`),
    )
    t.regex(await owner.trust('verify', `${gun}:v1`), /signed by targets\/releases/)
  })

  withNotary(`${title}: what two must sign is believed by the notary client, too`, async (t) => {
    const host = await server()
    const { gun, owner, person, digests } = await scene(t, host)
    const [bob, eve] = [await person('bob'), await person('eve')]
    await owner.trust('sign', `${gun}:v2`)
    for (const [name, who] of [
      ['bob', bob],
      ['eve', eve],
    ] as const) {
      await who.trust('key', 'generate', name)
      await owner.trust('signer', 'add', '--key', join(who.folder, `${name}.pub`), name, gun)
    }
    await owner.trust('delegation', 'add', gun, 'targets/releases', '--threshold', '2')
    const file = join(owner.folder, 'pending')
    const args = ['--role', 'targets/releases', '--first-use']
    const alone = await bob.try('sign', ...args, `${gun}:v1`)
    t.is(alone.code, 1)
    t.regex(alone.stderr, /targets\/releases needs one signature more[^]*--pending/)
    t.regex(await bob.trust('sign', ...args, '--pending', file, `${gun}:v1`), /needs 1 more/)
    t.is((await bob.try('pending', 'publish', file)).code, 1)
    t.regex(
      await eve.trust('pending', 'sign', '--first-use', '-y', file),
      new RegExp(`signs "v1" as sha256:${digests[0]}[^]*is signed by all`),
    )
    t.is(await bob.trust('pending', 'publish', file), `published ${gun}\n`)
    const reader = stockClient(host, join(owner.folder, 'reader'))
    t.regex(await reader.notary('list', '-r', 'targets/releases', gun), new RegExp(`v1\\s+${digests[0]}`))
    t.is((await bob.try('pending', 'publish', file)).code, 1)
  })
}

function tagsIn(json: string): string[] {
  const [{ SignedTags = [] } = {}] = JSON.parse(json) as { SignedTags?: { SignedTag: string }[] }[]
  return SignedTags.map(({ SignedTag }) => SignedTag)
}
