import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { parseName } from '../../registry/protocol/names.ts'
import { createService } from '../../registry/service/create-service.ts'
import type { RegistryService } from '../../registry/service/types.ts'
import { openFileDriver } from '../../registry/storage/file-driver.ts'
import { registryLayout } from '../../registry/storage/layout.ts'
import { openLevelMetadata } from '../../registry/storage/level-metadata.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { crashEveryCall, keepCode } from '../testing/crash.ts'
import { needs } from '../testing/needs.ts'
import { runOk } from '../testing/run.ts'

const script = path.join(import.meta.dirname, '../registry/stores/blob-writer.ts')
const folder = mkdtempSync(path.join(tmpdir(), 'crash-blobs-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

/** Milliseconds for some hundred runs of Node. */
const longest = 900_000

interface Reopened extends RegistryService {
  /** Waits, ten seconds at most, until no upload is there and so many files are left. */
  readonly purge: (files: number) => Promise<void>
}

/** The registry of a data folder, as the next process finds it; a day passes before what is abandoned is waited for to go. */
async function reopened(root: string): Promise<Reopened> {
  const driver = await openFileDriver(root)
  const metadata = await openLevelMetadata({ folder: registryLayout(root).metadata, durability: 'group' })
  let passed = 0
  const service = await createService({ driver, metadata, purgeEvery: 20, elapsed: () => performance.now() + passed })
  const purge = async (files: number): Promise<void> => {
    await service.uploads.list() // from then on uploads of the process before grow older
    passed = 24 * 3600_000
    for (const end = Date.now() + 10_000; Date.now() < end; await sleep(5)) {
      if ((await service.uploads.list()).length === 0 && filesIn(root).length === files) return
    }
  }
  return { ...service, purge }
}

/** Names of the files for uploads and blobs. */
function filesIn(root: string): string[] {
  const { uploads, blobs } = registryLayout(root)
  return [uploads, blobs]
    .flatMap((below) => readdirSync(below, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
}

async function textOf({ blobs }: RegistryService, name: string, text: string): Promise<string | undefined> {
  try {
    const reader = await blobs.open(parseName(name), digestOf(text))
    const bytes = Buffer.alloc(reader.size)
    await reader.read(bytes, 0)
    await reader.close()
    return bytes.toString()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'BLOB_UNKNOWN')) throw error
    return undefined
  }
}

/** All that was told holds: links lead to right bytes, what was removed is gone, and offsets are not smaller. */
async function checkTold(
  t: ExecutionContext,
  { service, log, at }: { service: RegistryService; log: string; at: string },
): Promise<void> {
  const lines = existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : []
  for (const line of lines) {
    const [, word = '', name = '', text = ''] = /^(\w+) (\S+) (.*)$/.exec(line) ?? []
    const found = word === 'upload' ? undefined : await textOf(service, name, text)
    if (word === 'link' && !lines.includes(`removing ${name} ${text}`)) t.is(found, text, `${at}: ${line}`)
    if (word === 'removed') t.is(found, undefined, `${at}: ${line}`)
    if (word !== 'upload' || lines.some((other) => other.startsWith('link team/one first'))) continue
    const upload = (await service.uploads.list()).find(({ id }) => id === name)
    const blob = await textOf(service, 'team/one', 'first x')
    t.true(blob !== undefined || (upload?.offset ?? -1) >= Number(text), `${at}: ${line}, found ${upload?.offset}`)
  }
}

needs(test, 'gcc')('killed at any call, what was told about blobs holds, and nothing is left over', async (t) => {
  t.timeout(longest)
  const root = path.join(folder, 'root')
  const log = path.join(folder, 'told')
  const report = await crashEveryCall({
    script,
    args: [root, log, 'x'],
    env: keepCode,
    within: `${root}/registry`,
    prepare: () => {
      rmSync(root, { recursive: true, force: true })
      rmSync(log, { force: true })
    },
    check: async (at) => {
      const next = await reopened(root)
      await checkTold(t, { service: next, log, at })
      await next.close()
      writeFileSync(log, '')
      await runOk(process.execPath, [script, root, log, 'x'], { env: keepCode })
      const later = await reopened(root)
      await checkTold(t, { service: later, log, at: `${at}, then again` })
      await later.purge(1)
      await later.close()
      t.deepEqual(filesIn(root), [digestOf('first x').slice(7)], at)
    },
  })
  t.log(`${report.kills} kills`, report.reached)
  t.true(report.kills > 20)
})
