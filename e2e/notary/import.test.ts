import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { needs } from '../testing/needs.ts'
import { type RunOutput, run } from '../testing/run.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import { ibuildScript } from '../testing/workspace.ts'
import { startNotary } from './testing/ibuild-server.ts'
import { startReferenceServer } from './testing/reference-server.ts'
import { type StockClient, stockClient } from './testing/stock-client.ts'
import { trustClient } from './testing/trust-client.ts'
import { get, type TrustServer } from './testing/trust-server.ts'

const stock = needs(test, 'notary', 'root', 'notary-server')

interface Scene {
  readonly folder: string
  readonly old: TrustServer
  readonly gun: string
  /** A client that has what another one has, at any server. */
  readonly client: (server: TrustServer, from?: StockClient) => StockClient
  readonly file: string
}

let count = 0

async function scene(t: ExecutionContext): Promise<Scene> {
  const folder = temporaryFolder(t)
  const old = await startReferenceServer(join(folder, 'old'))
  t.teardown(() => old.close())
  const file = join(folder, 'file')
  writeFileSync(file, 'one\n')
  return {
    folder,
    old,
    file,
    gun: `localhost:5000/moved/app-${++count}`,
    client(server, from) {
      const own = join(folder, `client-${++count}`)
      if (from !== undefined) cpSync(from.folder, own, { recursive: true })
      return stockClient(server, own)
    },
  }
}

async function notary(root: string, ...args: readonly string[]): Promise<RunOutput> {
  return run(process.execPath, [ibuildScript, 'notary', ...args, '--root', root], { timeout: 60_000 })
}

function fromOld({ old }: Pick<Scene, 'old'>): readonly string[] {
  return ['--from', old.url, '--ca', old.authority]
}

/** Where `startNotary` keeps the data of a server in a folder. */
const rootIn = (folder: string): string => join(folder, 'root')

stock(
  'whoever used a notary-server goes on with ours: clients that know it, and publishers once they have rotated',
  async (t) => {
    const all = await scene(t)
    const { old, gun, client, file, folder } = all
    const owner = client(old)
    await owner.notary('init', gun)
    await owner.notary('add', gun, 'v1', file, '-p')
    const reader = client(old)
    t.regex(await reader.notary('list', gun), /v1/)
    await owner.notary('key', 'rotate', gun, 'root')
    await owner.notary('add', gun, 'v2', file, '-p')
    mkdirSync(folder, { recursive: true })
    await using server = await startNotary(folder)
    const root = rootIn(folder)
    const first = await notary(root, 'import', gun, ...fromOld(all))
    t.like(first, { code: 0, stdout: `${gun}: imported, with 2 roots and 3 other files\n` }, first.stderr)
    const again = await notary(root, 'import', gun, ...fromOld(all))
    t.like(again, { code: 0, stdout: `${gun}: is here as it is there\n` }, again.stderr)
    for (const path of ['1.root.json', '2.root.json', 'root.json', 'timestamp.json', 'targets.json']) {
      const place = `/v2/${gun}/_trust/tuf/${path}`
      t.deepEqual((await get(server, place)).body, (await get(old, place)).body, path)
    }
    t.regex(await client(server, reader).notary('list', gun), /v1[^]*v2/, 'a client one root behind')
    t.regex(await client(server).notary('list', gun), /v1[^]*v2/, 'a client that knows nothing')
    const movedOwner = client(server, owner)
    await movedOwner.notary('add', gun, 'v3', file)
    t.regex(
      await movedOwner.refused('publish', gun),
      /imported from\. Run first: notary key rotate \S+ timestamp -r/,
      'until then it is read-only, and says so',
    )
    await movedOwner.notary('key', 'rotate', gun, 'timestamp', '-r')
    await movedOwner.notary('publish', gun)
    await movedOwner.notary('key', 'rotate', gun, 'snapshot', '-r')
    await movedOwner.notary('add', gun, 'v4', file, '-p')
    const moved = client(server, reader)
    t.regex(await moved.notary('list', gun), /v1[^]*v2[^]*v3[^]*v4/)
    t.regex(await moved.notary('lookup', gun, 'v4'), /^v4 sha256:/)
    const late = await notary(root, 'import', gun, ...fromOld(all))
    t.like(late, { code: 0, stdout: `${gun}: was changed here since, and stays as it is\n` }, late.stderr)
    t.regex(await moved.notary('list', gun), /v4/)
    const audit = await notary(root, 'audit', gun, '--json')
    const actions = (JSON.parse(audit.stdout) as { readonly action: string }[]).map(({ action }) => action)
    t.deepEqual(actions, ['import', 'rotate', 'publish', 'publish', 'rotate', 'publish', 'publish'])
  },
)

stock(
  'all collections of a server are taken over, also where no server runs, and ibuild trust makes them ours',
  async (t) => {
    const all = await scene(t)
    const { old, gun, client, file, folder } = all
    const owner = client(old)
    await owner.notary('init', gun)
    await owner.notary('key', 'rotate', gun, 'snapshot', '-r') // as docker leaves it
    await owner.notary('add', gun, 'v1', file, '-p')
    const gone = `${gun}-gone`
    await owner.notary('init', gone, '-p')
    await owner.notary('delete', gone, '--remote')
    const root = rootIn(folder)
    mkdirSync(root, { recursive: true })
    const { code, stdout, stderr } = await notary(root, 'import', '--all', ...fromOld(all))
    t.is(code, 0, stderr)
    t.regex(stdout, new RegExp(`^${gun}: imported, with its root and 3 other files$`, 'm'))
    t.notRegex(stdout, /gone/)
    await using server = await startNotary(folder)
    const movedOwner = client(server, owner)
    await movedOwner.notary('add', gun, 'v2', file)
    t.regex(await movedOwner.refused('publish', gun), /Run first: ibuild trust rotate \S+ timestamp snapshot/)
    t.regex(
      await movedOwner.refused('key', 'rotate', gun, 'timestamp', '-r'),
      /ibuild trust rotate \S+ timestamp snapshot/,
    )
    const person = await trustClient(server, join(folder, 'person'))
    cpSync(movedOwner.folder, join(person.folder, 'docker/trust'), { recursive: true })
    const rotated = await person.ibuild('trust', 'rotate', gun, 'timestamp', 'snapshot', '--first-use')
    t.regex(rotated, /timestamp has the key [0-9a-f]{64}[^]*snapshot has the key [0-9a-f]{64}/)
    await movedOwner.notary('publish', gun)
    t.regex(await client(server, owner).notary('list', gun), /v1[^]*v2/)
  },
)

test('what cannot be imported is refused, with the reason', async (t) => {
  const folder = temporaryFolder(t)
  await using server = await startNotary(folder)
  const root = join(folder, 'other')
  const from = ['--from', server.url, '--ca', server.authority]
  const cases: readonly (readonly [args: readonly string[], said: RegExp])[] = [
    [['localhost:5000/no/such', ...from], /TRUST_NO_DATA|no collection of this name/],
    [['localhost:5000/no/such'], /--from/],
    [[...from], /--all/],
    [['localhost:5000/no/such', '--all', ...from], /--all/],
    [['Not A Name', ...from], /Not A Name/],
    [['localhost:5000/no/such', '--from', 'http://localhost:1'], /https/],
    [['localhost:5000/no/such', ...from, '--password-stdin'], /--user/],
  ]
  for (const [args, said] of cases) {
    const { code, stderr } = await notary(root, 'import', ...args)
    t.not(code, 0, args.join(' '))
    t.regex(stderr, said)
  }
})
