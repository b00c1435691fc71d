import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Collector, createCollector } from '../../registry/gc/collector.ts'
import { createService } from '../../registry/service/create-service.ts'
import { checkRegistry } from '../../registry/service/testing/check-registry.ts'
import { imageOf, named, pushArtifact } from '../../registry/service/testing/images.ts'
import type { RegistryService } from '../../registry/service/types.ts'
import { openFileDriver } from '../../registry/storage/file-driver.ts'
import { registryLayout } from '../../registry/storage/layout.ts'
import { openLevelMetadata } from '../../registry/storage/level-metadata.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { crashEveryCall } from '../testing/crash.ts'
import { needs } from '../testing/needs.ts'
import { ibuildScript } from '../testing/workspace.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'crash-gc-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))
const [template, root] = [path.join(folder, 'template'), path.join(folder, 'root')]

const app = named('team/app')
const [kept, untagged, moved] = [imageOf('kept'), imageOf('untagged'), imageOf('moved')]
const expected = [kept.digest, ...kept.blobs.map((blob) => digestOf(blob))].toSorted()
/** A registry in which all that is of no use may go at once. */
const env = {
  IBUILD_GC_DELAY: '1ms',
  IBUILD_REGISTRY_GC_LEASE: '1ms',
  IBUILD_REGISTRY_GC_UNTAGGED_KEEP: '0s',
  IBUILD_REGISTRY_HISTORY_KEEP: '0',
}
const settings = { enabled: true, delay: 0, lease: 0, untagged: { remove: true, keep: 0 } }

interface Opened {
  readonly service: RegistryService
  readonly collector: Collector
  readonly problems: () => Promise<string[]>
  /** Lets some seconds pass. */
  readonly pass: () => void
}

async function open(at: string, onNotice: (notice: string) => void): Promise<Opened> {
  const driver = await openFileDriver(at)
  const metadata = await openLevelMetadata({ folder: registryLayout(at).metadata, onNotice })
  const collectors: Collector[] = []
  let passed = 0
  const service = await createService({
    driver,
    metadata,
    lease: () => settings.lease,
    now: () => Date.now() + passed,
    attach: (inner) => {
      const made = createCollector({ ...inner, settings: () => settings }, { isTicking: false, onNotice })
      collectors.push(made)
      return made
    },
  })
  const [collector] = collectors
  if (collector === undefined) throw new Error('nothing was attached')
  return {
    service,
    collector,
    problems: () => checkRegistry({ metadata, driver }, { stored: stored(at) }),
    pass: () => {
      passed += 10_000
    },
  }
}

function stored(at: string): string[] {
  const { blobs } = registryLayout(at)
  return readdirSync(blobs).flatMap((algorithm) =>
    readdirSync(path.join(blobs, algorithm)).flatMap((prefix) =>
      readdirSync(path.join(blobs, algorithm, prefix)).map((hex) => `${algorithm}:${hex}`),
    ),
  )
}

/** One image that stays, one that nothing refers to, and one whose tag was set to the first. */
async function prepareTemplate(t: ExecutionContext): Promise<void> {
  const { service } = await open(template, (notice) => t.fail(notice))
  await pushArtifact(service, app, untagged)
  await pushArtifact(service, app, moved, ['1'])
  await pushArtifact(service, app, kept, ['1'])
  await service.close()
}

async function check(t: ExecutionContext, at: string): Promise<void> {
  const { service, collector, problems, pass } = await open(root, (notice) => t.fail(`${at}: ${notice}`))
  t.is((await service.manifests.get(app, { tag: '1' })).digest, kept.digest, at)
  for (let looks = 1; looks > 0; looks = (await collector.run()).reviewed) pass()
  t.deepEqual(await problems(), [], at)
  await service.close()
  t.deepEqual(stored(root).toSorted(), expected, `${at}, then collected to the end`)
}

needs(test, 'gcc')('killed at any call, a collection lost nothing, and the next one removes the rest', async (t) => {
  t.timeout(600_000)
  await prepareTemplate(t)
  t.is(stored(template).length, 9)
  const report = await crashEveryCall({
    script: ibuildScript,
    args: ['registry', 'gc', 'run', '--now', '--root', root],
    env,
    calls: ['unlink', 'fsync'],
    within: path.join(root, 'registry'),
    prepare: () => {
      rmSync(root, { recursive: true, force: true })
      cpSync(template, root, { recursive: true })
    },
    check: (at) => check(t, at),
  })
  t.log(`${report.kills} kills`, report.reached)
  t.true(report.kills > 10)
})
