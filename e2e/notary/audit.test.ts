import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { notaryDatabase, openTrustStore } from '../../notary/store/open-trust-store.ts'
import { chainedEntries } from '../../notary/store/read-audit.ts'
import { auditKey } from '../../shared/audit/audit-rows.ts'
import { openLevelRows } from '../../shared/rows/level-rows.ts'
import { needs } from '../testing/needs.ts'
import { type RunOutput, run } from '../testing/run.ts'
import { startServer } from '../testing/serve.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import { ibuildScript } from '../testing/workspace.ts'
import { startGuardedServer } from './testing/guarded-server.ts'
import { stockClient } from './testing/stock-client.ts'
import { collectionFor, upload } from './testing/upload.ts'

const stock = needs(test, 'notary')

async function audit(root: string, ...args: readonly string[]): Promise<RunOutput> {
  return run(process.execPath, [ibuildScript, 'notary', 'audit', ...args, '--root', root], { timeout: 60_000 })
}

interface Told {
  readonly number: number
  readonly action: string
  readonly account?: string
  readonly address?: string
  readonly gun: string
  readonly files?: Readonly<Record<string, { readonly version: number }>>
}

function toldBy({ code, stdout, stderr }: RunOutput): readonly Told[] {
  if (code !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as readonly Told[]
}

const config = `
hosts: ['registry.example:5000']
access:
  rules:
    - { repositories: ['team/**'], who: ['user:ann'], actions: [pull, push, delete] }
    - { repositories: ['team/**'], who: ['user:bob'], actions: [pull] }
`

stock(
  'who changed what is told while the notary is served and afterwards, and what was changed of it is found',
  async (t) => {
    const folder = temporaryFolder(t)
    const place = join(folder, 'server')
    const passwords = { ann: 'password of ann', bob: 'password of bob' }
    const server = await startGuardedServer(place, { config, passwords })
    t.teardown(() => server.close())
    const root = join(place, 'root')
    const [gun, other] = ['registry.example:5000/team/app', 'registry.example:5000/team/other']
    const file = join(folder, 'one')
    writeFileSync(file, 'one\n')
    const as = (name: keyof typeof passwords): ReturnType<typeof stockClient> =>
      stockClient(server, join(folder, name), { account: `${name}:${passwords[name]}` })
    const ann = as('ann')
    await ann.notary('init', gun, '-p')
    await ann.notary('add', gun, 'v1', file, '-p')
    await ann.notary('init', other, '-p')
    await as('bob').notary('list', gun)
    await as('bob').refused('delete', gun, '--remote')
    await ann.notary('key', 'rotate', gun, 'snapshot', '-r')
    await ann.notary('delete', other, '--remote')
    t.is(statSync(join(root, 'notary/admin.sock')).mode & 0o777, 0o600)
    const told = toldBy(await audit(root, '--json'))
    t.deepEqual(
      told.map(({ action, gun: name }) => `${action} ${name.slice(name.lastIndexOf('/') + 1)}`),
      ['publish app', 'publish app', 'publish other', 'rotate app', 'publish app', 'delete other'],
    )
    t.true(
      told.every(({ account, address }) => account === 'ann' && address === '127.0.0.1'),
      JSON.stringify(told),
    )
    t.like(told[1]?.files, { targets: { version: 3 }, timestamp: { version: 2 } })
    t.deepEqual(
      toldBy(await audit(root, other, '--json', '--since', '1h')).map(({ number }) => number),
      [3, 6],
    )
    t.deepEqual(toldBy(await audit(root, '--json', '--since', '2100-01-01')), [])
    const table = await audit(root, gun)
    t.regex(
      table.stdout,
      /^ENTRY +WHEN +WHO +FROM +WHAT +COLLECTION +FILES\n1 +\S+Z +ann +127\.0\.0\.1 +publish +\S+app +.*root 1/,
    )
    const verified = await audit(root, '--verify')
    t.regex(verified.stdout, /^the audit log is as it was written: 6 entries\nhead 6:[0-9a-f]{64}\n$/)
    const head = verified.stdout.split(' ').at(-1)?.trim() ?? ''
    await server.close()
    t.like(JSON.parse((await audit(root, '--verify', '--head', head, '--json')).stdout), {
      entries: 6,
      cleared: 0,
      head,
    })
    const elsewhere = await audit(root, '--verify', '--head', `6:${'0'.repeat(64)}`)
    t.is(elsewhere.code, 1)
    t.regex(elsewhere.stderr, /AUDIT_BROKEN|entry 6 is not the one of --head/)
    const rows = await openLevelRows(notaryDatabase, { folder: join(root, 'notary/metadata') })
    const line = (await rows.get(auditKey(2))) ?? ''
    await rows.commit({ put: [{ key: auditKey(2), value: line.replace('"ann"', '"bob"') }] })
    await rows.close()
    const broken = await audit(root, '--verify')
    t.is(broken.code, 1)
    t.regex(broken.stderr, /the audit log was changed: entry 2 is not what was written/)
  },
)

test('a server that is killed has told of all that it published, and of nothing else', async (t) => {
  const folder = temporaryFolder(t)
  const root = join(folder, 'root')
  const server = await startServer(['--root', root, '--listen', '127.0.0.1:0'], { command: ['notary', 'serve'] })
  t.teardown(() => server.stop('SIGKILL'))
  const place = { url: `https://localhost:${new URL(server.url).port}`, authority: join(root, 'notary/tls/ca.crt') }
  const gun = 'localhost:5000/team/app'
  const collection = await collectionFor(place, gun)
  let acknowledged = 0
  for (let version = 1; version <= 12; version++) {
    collection.addTarget(`v${version}`, 'text')
    const { files } = await collection.publish()
    const sending = upload(
      place,
      gun,
      [...files].filter(([role]) => role === 'targets' || version === 1),
    )
    if (version === 12) server.kill('SIGKILL')
    const answer = await sending.catch(() => undefined)
    if (answer?.status === 200) acknowledged = version
  }
  await server.ended
  const store = await openTrustStore({ folder: join(root, 'notary/metadata') })
  t.teardown(() => store.close())
  const changes = await store.changes({ after: undefined, limit: 100, isReverse: false })
  const told: string[] = []
  for await (const { entry } of chainedEntries((page) => store.audit(page))) {
    told.push(`${entry.gun} ${entry.files?.['timestamp']?.sha256}`)
  }
  t.deepEqual(
    told,
    changes.map((change) => `${change.gun} ${change.sha256}`),
  )
  t.true(told.length >= acknowledged && told.length <= acknowledged + 1, `${told.length} after ${acknowledged}`)
  t.true(acknowledged >= 11)
})

test('what is asked for in vain is told', async (t) => {
  const root = temporaryFolder(t)
  const cases: readonly (readonly [args: readonly string[], said: RegExp])[] = [
    [[], /there is no notary in/],
    [['--head', '1:00'], /--verify/],
    [['--verify', '--head', 'x'], /NUMBER:HASH/],
    [['Not A Name'], /Not A Name/],
    [['--verify', '--since', '1d'], /whole log/],
  ]
  for (const [args, said] of cases) {
    const { code, stderr } = await audit(root, ...args)
    t.not(code, 0)
    t.regex(stderr, said)
  }
  t.throws(() => statSync(join(root, 'notary')), undefined, 'nothing is made')
})
