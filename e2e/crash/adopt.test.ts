import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { openAdopted } from '../../registry/adopt/open-adopted.ts'
import { writeTree } from '../../registry/adopt/testing/write-tree.ts'
import { parseManifestRef } from '../../registry/protocol/names.ts'
import { createService } from '../../registry/service/create-service.ts'
import { checkRegistry } from '../../registry/service/testing/check-registry.ts'
import { imageOf, indexOf, named } from '../../registry/service/testing/images.ts'
import type { RegistryService } from '../../registry/service/types.ts'
import { openFileDriver } from '../../registry/storage/file-driver.ts'
import { registryLayout } from '../../registry/storage/layout.ts'
import { openLevelMetadata } from '../../registry/storage/level-metadata.ts'
import { crashEveryCall } from '../testing/crash.ts'
import { needs } from '../testing/needs.ts'
import { runOk } from '../testing/run.ts'
import { ibuildScript } from '../testing/workspace.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'crash-adopt-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))
const [template, root] = [path.join(folder, 'template'), path.join(folder, 'root')]

const [one, two] = [imageOf('one'), imageOf('two')]
const tree = writeTree(folder)
tree.push('team/app', one)
tree.push('team/app', two, ['2'])
tree.push('team/app', indexOf([one, two]), ['1', 'latest'])
tree.push('other', two, ['2'])
const tags = ['team/app 1', 'team/app 2', 'team/app latest', 'other 2']

async function whole(t: ExecutionContext, service: RegistryService, at: string): Promise<void> {
  for (const line of tags) {
    const [name = '', tag = ''] = line.split(' ')
    const manifest = await service.manifests.get(named(name), parseManifestRef(tag))
    t.is(manifest.digest, tag === '2' ? two.digest : indexOf([one, two]).digest, `${at}: ${line}`)
  }
}

function stored(): string[] {
  const { blobs } = registryLayout(root)
  return readdirSync(blobs).flatMap((algorithm) =>
    readdirSync(path.join(blobs, algorithm)).flatMap((prefix) =>
      readdirSync(path.join(blobs, algorithm, prefix)).map((hex) => `${algorithm}:${hex}`),
    ),
  )
}

async function check(t: ExecutionContext, at: string): Promise<void> {
  mkdirSync(root, { recursive: true })
  const driver = await openFileDriver(root)
  const metadata = await openLevelMetadata({ folder: registryLayout(root).metadata, onNotice: () => undefined })
  const inner = await createService({ driver, metadata, limits: { reserve: 0 } })
  const log = { info: () => undefined, warn: (text: string) => t.fail(`${at}: ${text}`) }
  const { service, adoption } = await openAdopted({ service: inner, metadata, log })
  try {
    if ((await adoption.status()) === null) await adoption.adopt(folder)
    await whole(t, service, at)
    adoption.begin()
    while ((await adoption.status())?.state !== 'done') await sleep(5)
    await whole(t, inner, `${at}, then to the end`)
    const status = await adoption.status()
    t.like(status?.counts, { tags: 4, manifests: 4, blobs: 6, flaws: 0 }, at)
    t.deepEqual(await checkRegistry({ metadata, driver }, { stored: stored() }), [], at)
  } finally {
    await service.close()
  }
}

needs(test, 'gcc')('killed at any call, what is taken over is whole, and the rest is taken afterwards', async (t) => {
  t.timeout(1_800_000)
  await runOk(process.execPath, [ibuildScript, 'registry', 'adopt', folder, '--root', template])
  const report = await crashEveryCall({
    script: ibuildScript,
    args: ['registry', 'adopt', folder, '--wait', '--root', root],
    calls: ['link', 'rename', 'unlink', 'fsync', 'write'],
    within: root,
    prepare: () => {
      rmSync(root, { recursive: true, force: true })
      cpSync(template, root, { recursive: true })
    },
    check: (at) => check(t, at),
    most: 40,
  })
  t.log(`${report.kills} kills`, report.reached)
  t.true(report.kills > 20)
})
