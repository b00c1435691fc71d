import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { folderTrustCache } from '../../notary/client/cache/folder-cache.ts'
import { readMetadata } from '../../notary/tuf/read-metadata.ts'
import { type Published, TestCollection } from '../../notary/tuf/testing/collection.ts'
import { newKey } from '../../notary/tuf/testing/keys.ts'
import { crashEveryCall, keepCode } from '../testing/crash.ts'
import { DiskModel, modelledCalls, parseStrace } from '../testing/disk-model.ts'
import { needs } from '../testing/needs.ts'
import { requireProgram } from '../testing/programs.ts'
import { runOk } from '../testing/run.ts'
import { temporaryFolder } from '../testing/temporary.ts'

const script = join(import.meta.dirname, '../../notary/client/testing/refresh-once.ts')

interface Scene {
  readonly trust: string
  readonly served: string
  readonly folder: string
  readonly collection: TestCollection
  readonly serve: (published: Published) => void
  /** Versions of what is remembered, first those of the whole collection. */
  versions(): Promise<string>
}

function makeScene(t: ExecutionContext): Scene {
  const folder = temporaryFolder(t)
  const [trust, served] = [join(folder, 'data/trust'), join(folder, 'served')]
  const collection = new TestCollection().addTarget('v1', 'one').delegate('targets/releases', [newKey('ecdsa')])
  return {
    folder,
    trust,
    served,
    collection,
    serve: (published) => {
      rmSync(served, { recursive: true, force: true })
      mkdirSync(served)
      for (const [name, bytes] of published.served) writeFileSync(join(served, encodeURIComponent(name)), bytes)
    },
    versions: async () => {
      const known = await folderTrustCache(trust).load(collection.gun)
      if (known === undefined) return 'nothing'
      const files = [['root', known.root] as const, ...known.collection, ...known.floors]
      return files.map(([role, bytes]) => `${role} ${readMetadata(role, bytes).signed.version}`).join(', ')
    },
  }
}

const first: string = 'root 1, timestamp 1, snapshot 1, targets 1, targets/releases 1'
const second: string = 'root 2, timestamp 2, snapshot 2, targets 2, targets/releases 1'

needs(test, 'gcc')('killed at any call, a trust cache has the old collection or the new one', async (t) => {
  t.timeout(600_000)
  const scene = makeScene(t)
  const { collection, trust, served, folder } = scene
  const args = [trust, served, collection.gun]
  const old = await collection.publish()
  const next = await collection
    .addTarget('v2', 'two')
    .rotate('timestamp', [newKey('ecdsa')])
    .publish()
  for (const [name, before, after] of [
    ['the first contact', 'nothing', second],
    ['a new publish', first, second],
  ] as const) {
    const report = await crashEveryCall({
      script,
      args,
      env: keepCode,
      within: join(folder, 'data'),
      prepare: async () => {
        rmSync(join(folder, 'data'), { recursive: true, force: true })
        if (before !== 'nothing') {
          scene.serve(old)
          await runOk(process.execPath, [script, ...args], { env: keepCode })
        }
        scene.serve(next)
      },
      check: async (at) => {
        const found = await scene.versions()
        t.true([before, after].includes(found), `${name}, ${at}: ${found}`)
        await runOk(process.execPath, [script, ...args], { env: keepCode })
        t.is(await scene.versions(), after, `${name}, ${at}, then again`)
      },
    })
    t.log(`${name}: ${report.kills} kills`, report.reached)
    t.true(report.kills >= 5)
  }
})

test('many processes that refresh at once leave the newest collection', async (t) => {
  const scene = makeScene(t)
  const { collection, trust, served } = scene
  scene.serve(await collection.publish())
  const run = () => runOk(process.execPath, [script, trust, served, collection.gun], { env: keepCode })
  await run()
  scene.serve(
    await collection
      .addTarget('v2', 'two')
      .rotate('timestamp', [newKey('ecdsa')])
      .publish(),
  )
  await Promise.all([run(), run(), run(), run()])
  t.is(await scene.versions(), second)
})

needs(test, 'strace')(
  'what is remembered is on the disk before it has its name, and the name before what was goes',
  async (t) => {
    const { collection, trust, served, serve, folder } = makeScene(t)
    const log = join(folder, 'strace')
    const model = new DiskModel()
    for (const name of ['v1', 'v2', 'v3']) {
      serve(await collection.addTarget(name, name).publish())
      const flags = ['-f', '-q', '-y', '-s', '4096', '-o', log, '-e', `trace=${modelledCalls}`]
      await runOk(requireProgram('strace'), [...flags, process.execPath, script, trust, served, collection.gun])
      for (const call of parseStrace(readFileSync(log, 'utf8'))) {
        const removed = call.call === 'unlink' ? (/"([^"]*)"/.exec(call.args)?.[1] ?? '') : ''
        if (/\/\d+$/.test(removed))
          t.deepEqual(model.endangered(dirname(removed)).filter(isState), [], 'before it goes')
        for (const made of model.apply(call).filter(isState)) {
          const others = model.endangered(dirname(made)).filter((path) => path !== made)
          t.deepEqual(others.filter(isState), [], `${made} has its name`)
          t.true(call.call === 'link')
        }
      }
      t.deepEqual(model.endangered(trust).filter(isState), [], 'at the end')
    }
  },
)

/** A file that is loaded, not one that is being written. */
function isState(path: string): boolean {
  return /\/\d+$/.test(path)
}
