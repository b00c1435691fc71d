import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { openStore } from '../../builder/store/open.ts'
import { addImage } from '../../builder/store/testing/fixture.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { needs } from '../testing/needs.ts'
import { requireProgram } from '../testing/programs.ts'
import { runOk } from '../testing/run.ts'

const storeModule = new URL('../../builder/store/open.ts', import.meta.url).href
const folder = mkdtempSync(path.join(tmpdir(), 'cost-'))
const root = path.join(folder, 'root')
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

/** Paths below the root that a script on an open store touches, in order. */
async function touched(t: ExecutionContext, statement: string): Promise<string[]> {
  const script = path.join(folder, `${digestOf(statement).slice(7, 17)}.mjs`)
  const log = `${script}.log`
  writeFileSync(
    script,
    `import { openStore } from '${storeModule}'\nconst store = openStore('${root}')\n${statement}\n`,
  )
  await runOk(requireProgram('strace'), ['-f', '-q', '-o', log, '-e', 'trace=%file', process.execPath, script])
  const paths = [...readFileSync(log, 'utf8').matchAll(/"([^"]*)"/g)].map(([, text = '']) => text)
  const below = paths.filter((text) => text.startsWith(`${root}/`)).map((text) => path.relative(root, text))
  t.log(statement === '' ? 'open' : statement, below)
  return below
}

needs(test.serial, 'strace')(
  'opening a store and looking things up costs a few calls, however much is in it',
  async (t) => {
    const store = openStore(root)
    const image = await addImage(store, 'a layer', 'app:1')
    for (let i = 0; i < 50; i++) {
      await store.blobs.put(Buffer.from(`blob ${i}`))
      await store.records.put(digestOf(`key ${i}`), { version: 1, step: `RUN ${i}`, parts: [], created: i })
    }
    const open = await touched(t, '')
    t.deepEqual(open, ['ibuild-store.json', 'tmp', ...open.slice(2)])
    t.deepEqual(
      open.slice(2).filter((name) => !name.startsWith('tmp/')),
      [],
    )
    const cost = async (statement: string): Promise<number> => (await touched(t, statement)).length - open.length
    t.true((await cost(`store.images.get('app:1').config`)) <= 7)
    t.true((await cost(`store.layers.get('${image.config.rootfs.diff_ids[0]}')`)) <= 3)
    t.true((await cost(`store.records.get('${digestOf('key 7')}')`)) <= 1)
    t.true((await cost(`store.snapshots.get('${digestOf('none')}')`)) <= 1)
    t.true((await cost(`const lock = await store.lockShared()\nlock.release()`)) <= 3)
  },
)
