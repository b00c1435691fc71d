import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { parseManifestRef } from '../../registry/protocol/names.ts'
import { createService } from '../../registry/service/create-service.ts'
import { checkRegistry } from '../../registry/service/testing/check-registry.ts'
import { isRegistryError } from '../../registry/service/testing/errors.ts'
import { named } from '../../registry/service/testing/images.ts'
import { openFileDriver } from '../../registry/storage/file-driver.ts'
import { registryLayout } from '../../registry/storage/layout.ts'
import { openLevelMetadata } from '../../registry/storage/level-metadata.ts'
import { crashEveryCall, keepCode } from '../testing/crash.ts'
import { needs } from '../testing/needs.ts'
import { runOk } from '../testing/run.ts'

const script = path.join(import.meta.dirname, '../registry/stores/registry-writer.ts')
const folder = mkdtempSync(path.join(tmpdir(), 'crash-registry-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

const [template, root, acks] = ['template', 'root', 'acks'].map((name) => path.join(folder, name)) as [
  string,
  string,
  string,
]

/** What the writer was told last of each reference: a digest, or nothing. */
function toldIn(file: string): Map<string, string | undefined> {
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  return new Map(lines.map((line) => line.split(' ')).map(([name, ref, digest]) => [`${name} ${ref}`, digest]))
}

/** The changes whose end the writer did not see: the next one after what was told. */
const steps = ['team 3', 'team signature', 'team index', 'team latest', 'team 3', 'team ', 'team signature']

function digestsIn(blobs: string): string[] {
  return readdirSync(blobs).flatMap((algorithm) =>
    readdirSync(path.join(blobs, algorithm)).flatMap((prefix) =>
      readdirSync(path.join(blobs, algorithm, prefix)).map((hex) => `${algorithm}:${hex}`),
    ),
  )
}

async function check(t: ExecutionContext, at: string): Promise<void> {
  const driver = await openFileDriver(root)
  const metadata = await openLevelMetadata({
    folder: registryLayout(root).metadata,
    onNotice: (notice) => t.fail(notice),
  })
  const service = await createService({ driver, metadata })
  const count = readFileSync(acks, 'utf8').trim().split('\n').length - 3
  const underWay = steps[count]
  for (const [key, digest] of toldIn(acks)) {
    const [name = '', ref = ''] = key.split(' ')
    const now = await service.manifests.get(named(name), parseManifestRef(ref)).then((found) => found.digest, unknown)
    if (key !== underWay) t.is<string | undefined, string | undefined>(now, digest, `${at}: ${key}`)
  }
  await service.close() // waits for what is tidied behind the start
  const [bytes, rows] = [await openFileDriver(root), await openLevelMetadata({ folder: registryLayout(root).metadata })]
  const checked = checkRegistry({ metadata: rows, driver: bytes }, { stored: digestsIn(registryLayout(root).blobs) })
  t.deepEqual(await checked, [], at)
  await rows.close()
  await bytes.close()
}

function unknown(error: unknown): undefined {
  if (!isRegistryError(error)) throw error
}

needs(test, 'gcc')(
  'killed at any call, a registry has what it acknowledged, and all that it has is whole',
  async (t) => {
    t.timeout(1_800_000)
    writeFileSync(acks, '')
    await runOk(process.execPath, [script, template, acks, 'before'])
    const before = readFileSync(acks, 'utf8')
    const report = await crashEveryCall({
      script,
      args: [root, acks, 'after'],
      env: keepCode,
      within: root,
      prepare: () => {
        rmSync(root, { recursive: true, force: true })
        cpSync(template, root, { recursive: true })
        writeFileSync(acks, before)
      },
      check: (at) => check(t, at),
    })
    t.log(`${report.kills} kills`, report.reached)
    t.true(report.kills > 60)
  },
)
