import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { openSignerFolder } from '../../../notary/signer/open-signer.ts'
import { openTrustStore } from '../../../notary/store/open-trust-store.ts'
import { readRoot } from '../../../notary/tuf/read-metadata.ts'
import { pushTold } from '../../registry/backup/scene.ts'
import { needs } from '../../testing/needs.ts'
import { type RunOutput, run, tail } from '../../testing/run.ts'
import { type Server, startServer } from '../../testing/serve.ts'
import { temporaryFolder } from '../../testing/temporary.ts'
import { ibuildScript } from '../../testing/workspace.ts'
import { startNotary } from '../testing/ibuild-server.ts'
import { stockClient } from '../testing/stock-client.ts'
import { trustClient } from '../testing/trust-client.ts'
import { get, type TrustServer } from '../testing/trust-server.ts'
import { collectionFor, upload } from '../testing/upload.ts'

const ibuild = async (...args: readonly string[]): Promise<RunOutput> => run(process.execPath, [ibuildScript, ...args])

async function ok(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await ibuild(...args)
  if (code !== 0) throw new Error(`ibuild ${args.join(' ')} ended with ${code}\n${tail(stdout + stderr)}`)
  return stdout
}

interface Both {
  readonly server: Server
  readonly trust: Pick<TrustServer, 'url' | 'authority'>
}

/** A registry and a notary in one process. */
async function serveBoth(t: ExecutionContext, root: string, ports: readonly [string, string]): Promise<Both> {
  const [registry, notary] = ports
  const listen = ['--listen', `127.0.0.1:${registry}`, '--notary-listen', `127.0.0.1:${notary}`]
  const server = await startServer(['--root', root, ...listen])
  t.teardown(() => server.stop('SIGKILL'))
  const url = /^ibuild serves trusted collections at (\S+)$/m.exec(server.stdout())?.[1] ?? 'http://none.invalid'
  const trust = { url: `https://localhost:${new URL(url).port}`, authority: join(root, 'notary/tls/ca.crt') }
  return { server, trust }
}

needs(test.serial, 'notary')('a registry and its notary are as they were at the backup, and go on', async (t) => {
  const folder = temporaryFolder(t)
  const [root, backup, restored] = ['root', 'backup', 'restored'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  const first = await serveBoth(t, root, ['0', '0'])
  const { host, port } = new URL(first.server.url)
  const [app, stock] = [`${host}/team/app`, `${host}/team/stock`]
  await pushTold(first.server.url, 'team/app', 'v1')
  const owner = await trustClient(first.trust, join(folder, 'owner'))
  await owner.trust('sign', `${app}:v1`)
  await owner.trust('snapshot', app)
  const digest = 'ab'.repeat(32)
  const person = stockClient(first.trust, join(folder, 'person'))
  await person.notary('init', stock)
  await person.notary('key', 'rotate', stock, 'snapshot', '-r')
  await person.notary('addhash', stock, 'v1', '563', '--sha256', digest, '-p')
  const keyOf = async (gun: string, role: string): Promise<string> =>
    (await get(first.trust, `/v2/${gun}/_trust/tuf/${role}.key`)).body.toString()
  const keys = await Promise.all(['timestamp', 'snapshot'].map((role) => keyOf(stock, role)))

  const made = JSON.parse(await ok('registry', 'backup', '--root', root, `${backup}/`, '--json')) as {
    readonly databases: Readonly<Record<string, number>>
    readonly files: readonly string[]
  }
  t.deepEqual(Object.keys(made.databases), ['collections', 'keys', 'gc-registry'])
  t.true(made.files.includes('notary/signer/signer.key') && made.files.includes('notary/tls/ca.key'))
  await ok('registry', 'backup', '--verify', backup)

  await pushTold(first.server.url, 'team/app', 'v2')
  await owner.trust('sign', `${app}:v2`)
  await person.notary('addhash', stock, 'v2', '563', '--sha256', digest, '-p')
  const seen = stockClient(first.trust, join(folder, 'seen'))
  t.regex(await seen.notary('list', stock), /v2/)
  t.is(await first.server.stop(), 0)

  await ok('registry', 'restore', backup, '--root', restored)
  t.deepEqual(readdirSync(restored).sort(), ['notary', 'registry', 'retention'])
  await ok('notary', 'audit', '--verify', '--root', restored)
  const second = await serveBoth(t, restored, [port, new URL(first.trust.url).port])
  t.deepEqual(await Promise.all(['timestamp', 'snapshot'].map((role) => keyOf(stock, role))), keys)
  const fresh = await stockClient(second.trust, join(folder, 'fresh')).notary('list', stock)
  t.regex(fresh, /v1/)
  t.notRegex(fresh, /v2/)

  const older = await owner.try('verify', '--no-registry', `${app}:v1`)
  t.is(older.code, 3)
  t.regex(older.stderr, /TRUST_ROLLBACK/)
  t.regex(await seen.refused('list', stock), /version|rollback|timestamp/i)

  await owner.trust('forget', '-y', app)
  await pushTold(second.server.url, 'team/app', 'v3')
  await owner.trust('sign', '--first-use', `${app}:v3`)
  rmSync(join(person.folder, 'tuf'), { recursive: true })
  await person.notary('addhash', stock, 'v3', '563', '--sha256', digest, '-p')
  const now = await stockClient(second.trust, join(folder, 'now')).notary('list', stock)
  t.regex(now, /v1[^]*v3/)
  const shown = await (await trustClient(second.trust, join(folder, 'other'))).trust('inspect', '--first-use', app)
  t.regex(shown, /v1[^]*v3/)
  t.notRegex(shown, /v2/)
  t.is(await second.server.stop(), 0)

  const [name = ''] = readdirSync(join(backup, 'databases/keys'))
  const piece = join(backup, 'databases/keys', name)
  const bytes = readFileSync(piece)
  bytes[100] = (bytes[100] ?? 0) ^ 1
  writeFileSync(piece, bytes)
  const damaged = await ibuild('registry', 'restore', backup, '--root', join(folder, 'none'))
  t.is(damaged.code, 1)
  t.regex(damaged.stderr, /databases\/keys\/[0-9a-f]{64} of the backup is damaged.*\[BACKUP_INVALID\]/)
  t.deepEqual(readdirSync(join(folder, 'none')), [])
})

test.serial('while collections are made, each backup of a notary has the keys that its metadata name', async (t) => {
  const folder = temporaryFolder(t)
  const server = await startNotary(folder)
  t.teardown(() => server.close())
  const root = join(folder, 'root')
  const over = new AbortController()
  let published = 0
  const publish = async (n: number): Promise<void> => {
    for (let i = 0; !over.signal.aborted; i++) {
      const gun = `example.org/team/app-${n}-${i}`
      const { files } = await (await collectionFor(server, gun)).publish()
      t.is((await upload(server, gun, files)).status, 200)
      published++
    }
  }
  const publishers = [1, 2, 3].map(publish)
  try {
    for (const name of ['one.tar', 'two.tar.zst', 'three/']) {
      const before = published
      await ok('notary', 'backup', '--root', root, join(folder, name))
      await ok('notary', 'restore', join(folder, name), '--root', join(folder, `of-${name}`))
      const found = await collectionsWithKeys(t, join(folder, `of-${name}`))
      t.true(found >= before, `${found} of at least ${before} that were told before`)
    }
  } finally {
    over.abort()
    await Promise.all(publishers)
  }
  t.true(published > 3, 'they published meanwhile')
})

/** How many collections a data folder has, of all of which it holds the keys. */
async function collectionsWithKeys(t: ExecutionContext, root: string): Promise<number> {
  const signer = await openSignerFolder({ folder: join(root, 'notary/signer'), now: Date.now })
  const store = await openTrustStore({ folder: join(root, 'notary/metadata') })
  const guns = await store.collections({ limit: 100_000 })
  for (const gun of guns) {
    const file = await store.file(gun, { role: 'root' })
    const { roles } = readRoot(file?.bytes ?? Buffer.of()).signed
    const needed = [...roles.timestamp.keyIDs, ...roles.snapshot.keyIDs]
    for (const id of needed) t.truthy((await signer.heldKey(id))?.gun === gun ? id : undefined, `${gun} needs ${id}`)
  }
  await store.close()
  await signer.close()
  return guns.length
}

test.serial('a signer in a process of its own has backups of its own', async (t) => {
  const folder = temporaryFolder(t)
  const [root, backup, restored] = ['root', 'backup.tar', 'restored'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  const nothing = await ibuild('notary', 'backup', '--root', root, backup)
  t.is(nothing.code, 1)
  t.regex(nothing.stderr, /there is no notary in .*\[STORE_INVALID\]/)
  const signer = await startServer(['--root', root, '--listen', '127.0.0.1:0'], {
    command: ['notary', 'signer', 'serve'],
  })
  t.teardown(() => signer.stop('SIGKILL'))
  const beside = JSON.parse(await ok('notary', 'backup', '--root', root, backup, '--json')) as { databases: object }
  t.deepEqual(Object.keys(beside.databases), ['keys'])
  t.is(await signer.stop(), 0)
  const alone = JSON.parse(await ok('notary', 'backup', '--root', root, backup, '--json')) as { databases: object }
  t.deepEqual(alone.databases, beside.databases, 'the same without it')
  await ok('notary', 'restore', backup, '--root', restored)
  const again = await startServer(['--root', restored, '--listen', '127.0.0.1:0'], {
    command: ['notary', 'signer', 'serve'],
  })
  t.is(await again.stop(), 0)
  t.deepEqual(
    readFileSync(join(restored, 'notary/signer/tls/ca.key')),
    readFileSync(join(root, 'notary/signer/tls/ca.key')),
  )
})

test.serial('over a restore that was killed no notary starts', async (t) => {
  const root = temporaryFolder(t)
  mkdirSync(join(root, 'restoring-1-1-000000000000-1/registry'), { recursive: true })
  mkdirSync(join(root, 'notary'))
  for (const command of [
    ['serve', '--notary-listen', '127.0.0.1:0'],
    ['notary', 'serve'],
    ['notary', 'signer', 'serve'],
  ])
    await t.throwsAsync(startServer(['--root', root, '--listen', '127.0.0.1:0'], { command }), {
      message: /a restore did not come to its end in/,
    })
  t.deepEqual(readdirSync(join(root, 'notary')), [])
})
