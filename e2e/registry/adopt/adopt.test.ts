import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { needs } from '../../testing/needs.ts'
import { type RegistryProgram, startRegistry } from '../../testing/registry.ts'
import { run } from '../../testing/run.ts'
import { startServe } from '../../testing/serve.ts'
import { temporaryFolder } from '../../testing/temporary.ts'
import { ibuildScript } from '../../testing/workspace.ts'
import { adminCall } from '../server/client.ts'
import { answersOf, catalogOf, fillPeer, type PeerContent } from './peer-content.ts'

interface Filled {
  /** What is given to `adopt`. */
  readonly storage: string
  readonly content: PeerContent
  /** What the other registry answered. */
  readonly answers: Readonly<Record<string, string>>
  readonly catalog: readonly string[]
}

interface Peer extends Filled {
  readonly folder: string
  /** A data folder for a server of ours, empty. */
  readonly root: string
}

const filled = new Map<RegistryProgram, Promise<Filled>>()
const folders: string[] = []
test.after.always(() => folders.forEach((folder) => rmSync(folder, { recursive: true })))

/** Fills a real registry, asks it everything, and stops it. */
async function fill(program: RegistryProgram): Promise<Filled> {
  const folder = mkdtempSync(join(tmpdir(), 'ibuild-peer-'))
  folders.push(folder)
  await using registry = await startRegistry(folder, program)
  const url = `http://${registry.host}`
  const content = await fillPeer(url)
  const answers = await answersOf(url, content)
  return { storage: join(folder, 'data'), content, answers, catalog: await catalogOf(url) }
}

/** With a copy of the storage of its own. */
async function peer(t: ExecutionContext, program: RegistryProgram): Promise<Peer> {
  const known = filled.get(program) ?? fill(program)
  filled.set(program, known)
  const peer = await known
  const folder = temporaryFolder(t)
  const [root, storage] = [join(folder, 'root'), join(folder, 'peer')]
  mkdirSync(root)
  cpSync(peer.storage, storage, { recursive: true, preserveTimestamps: true })
  return { ...peer, folder, root, storage }
}

async function ibuild(
  args: readonly string[],
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  return run(process.execPath, [ibuildScript, 'registry', ...args])
}

interface Status {
  readonly state: string
  readonly counts: Readonly<Record<string, number>>
}

/** As the server tells it. */
async function statusOf(root: string): Promise<Status> {
  return (await adminCall(root, '/v1/adoption')).value as Status
}

/** As the command tells it. */
async function untilDone(root: string): Promise<Status> {
  for (const end = Date.now() + 60_000; (await statusOf(root)).state !== 'done' && Date.now() < end; ) await sleep(50)
  const { stdout } = await ibuild(['adopt', '--status', '--json', '--root', root])
  const status = JSON.parse(stdout) as Status
  if (status.state !== 'done') throw new Error(stdout)
  return status
}

/** Names, sizes and times of all files. */
function listing(folder: string): unknown[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .sort()
    .map((name) => {
      const { size, mtimeMs, mode, ino } = statSync(join(folder, name))
      return [name, size, mtimeMs, mode, ino]
    })
}

for (const program of ['docker-registry', 'distribution'] as const) {
  needs(
    test.serial,
    'root',
    program,
  )(`${program}: the same bytes before, while and after its storage is taken over`, async (t) => {
    t.timeout(180_000)
    const { root, storage, content, answers, catalog } = await peer(t, program)
    const before = listing(storage)
    const noted = await ibuild(['adopt', storage, '--root', root])
    t.is(noted.code, 0, noted.stderr)
    t.regex(noted.stdout, /begins with the next server/)
    {
      await using server = await startServe(root, { args: ['--read-only'] })
      t.deepEqual(await answersOf(`http://${server.host}`, content), answers, 'before')
      t.deepEqual(await catalogOf(`http://${server.host}`), [...catalog])
    }
    await using server = await startServe(root)
    const url = `http://${server.host}`
    do t.deepEqual(await answersOf(url, content), answers, 'while')
    while ((await statusOf(root)).state !== 'done')
    const { counts } = await untilDone(root)
    t.like(counts, { flaws: 0, copied: 0 })
    t.log(counts)
    t.deepEqual(await answersOf(url, content), answers, 'after')
    t.deepEqual(listing(storage), before, 'nothing was written there')
    rmSync(storage, { recursive: true })
    t.deepEqual(await answersOf(url, content), answers, 'without it')
    t.deepEqual(await catalogOf(url), [...catalog])
    const subject = content.paths.find((path) => path.endsWith('/manifests/multi'))?.replace(/multi$/, '')
    const digest = (await fetch(`${url}${subject}multi`, { method: 'HEAD', headers: { accept: '*/*' } })).headers.get(
      'docker-content-digest',
    )
    const referrers = (await (await fetch(`${url}/v2/team/app/referrers/${digest}`)).json()) as { manifests: unknown[] }
    t.is(referrers.manifests.length, 1)
  })
}

needs(
  test.serial,
  'root',
  'distribution',
)('killed again and again, it is taken over all the same', async (t) => {
  t.timeout(180_000)
  const { root, storage, content, answers } = await peer(t, 'distribution')
  t.is((await ibuild(['adopt', storage, '--root', root])).code, 0)
  for (let i = 0; i < 5; i++) {
    const server = await startServe(root)
    await sleep(i * 70)
    await server.close('SIGKILL')
  }
  await using server = await startServe(root)
  t.deepEqual(await answersOf(`http://${server.host}`, content), answers)
  const status = await untilDone(root)
  t.is(status.counts['flaws'], 0)
  rmSync(storage, { recursive: true })
  t.deepEqual(await answersOf(`http://${server.host}`, content), answers)
})

needs(
  test.serial,
  'root',
  'docker-registry',
)('what a crash left there is told, and the rest taken; a running server takes it too', async (t) => {
  t.timeout(180_000)
  const { folder, root, storage, content, answers } = await peer(t, 'docker-registry')
  const tags = join(storage, 'docker/registry/v2/repositories/team/old-app/_manifests/tags')
  truncateSync(join(tags, '1/current/link'))
  await using server = await startServe(root)
  const adopted = await ibuild(['adopt', join(storage, 'docker'), '--wait', '--root', root])
  t.is(adopted.code, 1)
  t.regex(adopted.stdout, /not needed any more/)
  t.regex(adopted.stdout, /Something was written there at \S+Z, shortly before: make sure/)
  const flaws = await ibuild(['adopt', '--flaws', '--root', root])
  t.regex(flaws.stdout, /team\/old-app:1\s+empty-link/)
  const expected: Record<string, string> = {
    ...answers,
    '/v2/team/old-app/manifests/1': '404',
    '/v2/team/old-app/tags/list': '2,latest,list',
  }
  t.deepEqual(await answersOf(`http://${server.host}`, content), expected)
  t.regex(
    (await ibuild(['status', '--root', root])).stdout,
    /adoption: .*, done; 6 of 6 repositories, 1 not taken as they are/,
  )
  t.is((await ibuild(['adopt', '--root', root])).code, 2)
  t.is((await ibuild(['adopt', folder, '--root', root])).code, 1)
})

needs(
  test.serial,
  'root',
  'distribution',
)('garbage that is collected at once is only what nothing names', async (t) => {
  t.timeout(180_000)
  const { root, storage, content, answers } = await peer(t, 'distribution')
  const env = { IBUILD_GC_DELAY: '10ms', IBUILD_REGISTRY_GC_LEASE: '100ms' }
  await using server = await startServe(root, { env })
  const url = `http://${server.host}`
  t.is((await ibuild(['adopt', storage, '--wait', '--root', root])).code, 0)
  const loose = Object.keys(answers).filter((path) => path.includes('/blobs/') && answers[path] !== '404')
  const gone = async (): Promise<string[]> => {
    const now = await answersOf(url, content)
    return content.paths.filter((path) => now[path] !== answers[path])
  }
  for (const end = Date.now() + 20_000; (await gone()).length === 0 && Date.now() < end; ) await sleep(100)
  t.like(await adminCall(root, '/v1/gc/run', { method: 'POST', body: 'true' }), {
    status: 200,
    value: { isMore: false, held: [], failures: 0 },
  })
  const lost = await gone()
  t.true(lost.length > 0, 'a blob that no manifest names goes')
  const named = new Set<string>()
  for (const path of content.paths.filter((each) => each.includes('/manifests/') && answers[each] !== '404')) {
    const text = await (await fetch(url + path, { headers: { accept: '*/*' } })).text()
    const name = path.replace(/manifests\/.*/, 'blobs/')
    for (const [digest] of text.matchAll(/sha256:[0-9a-f]{64}/g)) named.add(name + digest)
  }
  for (const path of lost) t.true(loose.includes(path) && !named.has(path), path)
})

needs(
  test.serial,
  'root',
  'distribution',
)('to another filesystem it is copied', async (t) => {
  t.timeout(180_000)
  const { folder, root, storage, content, answers } = await peer(t, 'distribution')
  const device = statSync(folder).dev
  const other = ['/dev/shm', '/var/tmp'].find((place) => existsSync(place) && statSync(place).dev !== device)
  if (other === undefined) return void t.pass('there is no other filesystem')
  const elsewhere = join(other, `ibuild-adopt-${process.pid}`)
  t.teardown(() => rmSync(elsewhere, { recursive: true, force: true }))
  cpSync(storage, elsewhere, { recursive: true })
  const adopted = await ibuild(['adopt', elsewhere, '--wait', '--json', '--root', root])
  t.is(adopted.code, 0, adopted.stderr)
  const { counts } = JSON.parse(adopted.stdout) as Status
  t.is(counts['linked'], 0)
  t.true((counts['copied'] ?? 0) > 10)
  rmSync(elsewhere, { recursive: true })
  await using server = await startServe(root)
  t.deepEqual(await answersOf(`http://${server.host}`, content), answers)
})
