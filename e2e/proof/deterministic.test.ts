import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { openLayerIndex } from '../../builder/layers/layer-index.ts'
import { openStore } from '../../builder/store/open.ts'
import { repository } from '../../scripts/repository.ts'
import { needs } from '../testing/needs.ts'
import { runOk } from '../testing/run.ts'
import { busyboxTar, ibuildScript } from '../testing/workspace.ts'
import { makeFixedContext } from './fixed-context.ts'

/** A machine of another kind, as far as a process can see. */
interface Surroundings {
  readonly umask: string
  readonly env: Readonly<Record<string, string>>
  readonly order: (names: string[]) => readonly string[]
}

const plain: Surroundings = { umask: '022', env: { TZ: 'UTC', LC_ALL: 'C' }, order: (names) => names }
const strange: Surroundings = {
  umask: '077',
  env: { TZ: 'Asia/Kathmandu', LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8', UV_THREADPOOL_SIZE: '1' },
  order: (names) => names.toReversed(),
}
const shared: Surroundings = {
  umask: '000',
  env: { TZ: 'America/St_Johns', LC_ALL: 'C.UTF-8', UV_THREADPOOL_SIZE: '8' },
  order: (names) => names.toSorted((a, b) => a.length - b.length || (a < b ? 1 : -1)),
}

/** Lists the newest name first, so that the order in which names are made is the order in which they are read. */
const tmpfs = '/dev/shm'

function makeFolder(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpfs, 'ibuild-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Runs the command in surroundings; a non-zero exit is an error. */
async function ibuild({ umask, env }: Surroundings, args: readonly string[], cwd: string): Promise<void> {
  const words = [process.execPath, ibuildScript, '--root', join(cwd, 'data'), ...args]
  await runOk('sh', ['-c', `umask ${umask}; exec "$@"`, 'sh', ...words], { cwd, env })
}

function diffIDs(folder: string): readonly string[] {
  return openStore(join(folder, 'data')).images.get('app')?.config.rootfs.diff_ids ?? []
}

needs(
  test,
  'tar',
  'find',
)('COPY and ADD give the same layers whatever the surroundings, today and ever', async (t) => {
  const listings: string[] = []
  const golden: unknown = JSON.parse(readFileSync(join(repository, 'testdata/deterministic/golden.json'), 'utf8'))
  for (const surroundings of [plain, strange, shared]) {
    const folder = makeFolder(t)
    const context = join(folder, `context-${surroundings.umask}`)
    await makeFixedContext(context, surroundings.order)
    listings.push((await runOk('ls', ['-U', 'tree'], { cwd: context })).stdout)
    await ibuild(surroundings, ['-t', 'app', context], folder)
    t.deepEqual({ diffIDs: diffIDs(folder) }, golden, `umask ${surroundings.umask}`)
  }
  t.is(new Set(listings).size, 3, 'the folder is listed in different orders')
})

needs(
  test,
  'root',
  'busybox',
  'tar',
  'runc',
)('a RUN that sets its times gives the same layer under any umask', async (t) => {
  const made: (readonly string[])[] = []
  for (const surroundings of [plain, strange, shared]) {
    const folder = makeFolder(t)
    const context = join(folder, 'context')
    mkdirSync(context)
    const dockerfile =
      'FROM busybox\nRUN mkdir /d && umask > /d/umask && touch -d @1700000000 /d/umask /d\nUSER app\nRUN cat /etc/passwd /d/umask && ls / /home/app\n'
    await runOk('tee', ['Dockerfile'], { cwd: context, input: dockerfile })
    await runOk('tee', ['base.tar'], { cwd: folder, input: await busyboxTar() })
    await ibuild(surroundings, ['import', 'base.tar', 'busybox'], folder)
    await ibuild(surroundings, ['-t', 'app', context], folder)
    made.push(diffIDs(folder))
  }
  t.is(made[0]?.length, 3)
  t.deepEqual(made[1], made[0])
  t.deepEqual(made[2], made[0])
})

test('what has no time of its own gets the time of the build, and differs in nothing else', async (t) => {
  const layers: string[][] = []
  for (const surroundings of [plain, strange]) {
    const folder = makeFolder(t)
    const dockerfile = 'FROM scratch\nWORKDIR /a/b\nCOPY <<EOF c/d\nx\nEOF\n'
    const before = BigInt(Date.now()) * 1_000_000n
    await runOk(
      'sh',
      [
        '-c',
        `umask ${surroundings.umask}; exec "$@"`,
        'sh',
        process.execPath,
        ibuildScript,
        '--root',
        'data',
        '-t',
        'app',
        '-',
      ],
      { cwd: folder, env: surroundings.env, input: dockerfile },
    )
    const store = openStore(join(folder, 'data'))
    const entries = (store.images.get('app')?.config.rootfs.diff_ids ?? []).flatMap((diffID) => [
      ...openLayerIndex(store.layers.get(diffID)?.indexFile ?? '').entries(),
    ])
    layers.push(entries.map(({ path, mode, uid, gid }) => `${path} ${mode.toString(8)} ${uid}:${gid}`))
    t.true(entries.every(({ mtime }) => mtime >= before && mtime <= BigInt(Date.now()) * 1_000_000n))
  }
  t.deepEqual(layers[0], ['a 755 0:0', 'a/b 755 0:0', 'a 755 0:0', 'a/b 755 0:0', 'a/b/c 755 0:0', 'a/b/c/d 644 0:0'])
  t.deepEqual(layers[1], layers[0])
})
