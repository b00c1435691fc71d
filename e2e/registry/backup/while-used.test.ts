import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { readWholeBackup } from '../../../app/cli/registry/read-whole-backup.ts'
import { openBench } from '../../../registry/backup/testing/bench.ts'
import { checkFolder } from '../../../registry/fsck/check-folder.ts'
import { ibuildScript, makeWorkspace } from '../../testing/workspace.ts'
import { adminCall } from '../server/client.ts'
import { startServing } from '../server/serving.ts'
import { type Acknowledged, anyPort, deleteAll, lostOf, pushTold, servedScene } from './scene.ts'

test('four writers push and delete while backups are made: all that was told before is in each of them', async (t) => {
  const { workspace, serving, at } = await servedScene(t)
  const before: Acknowledged = new Map()
  for (let i = 0; i < 8; i++)
    for (const [path, bytes] of await pushTold(serving.url, `team/app${i}`, 'kept')) before.set(path, bytes)
  const over = new AbortController()
  let pushes = 0
  const writer = async (n: number): Promise<void> => {
    for (let i = 0; !over.signal.aborted; i++) {
      const told = await pushTold(serving.url, `writer/${n}-${i}`, 't', 20_000)
      pushes++
      if (i % 2 === 0) await deleteAll(serving.url, told)
    }
  }
  const writers = [1, 2, 3, 4].map(writer)
  const destinations = ['folder/', 'file.tar', 'folder/', 'file.tar.zst', 'folder/']
  for (const destination of destinations) {
    const { stdout } = await workspace.ok(['registry', 'backup', at(destination), '--json'])
    t.deepEqual((JSON.parse(stdout) as { damaged: string[] }).damaged, [], destination)
    t.deepEqual((await readWholeBackup(at(destination), {})).damaged, [], destination)
  }
  await workspace.ok(['registry', 'backup', '--verify', at('folder')])
  await workspace.ok(['registry', 'backup', '--verify', at('file.tar.zst')])
  over.abort()
  await Promise.all(writers)
  t.log(`${pushes} images pushed meanwhile`)
  t.true(pushes > destinations.length)
  for (const destination of ['folder', 'file.tar', 'file.tar.zst']) {
    const root = at(`restored-${destination}`)
    await workspace.ok(['registry', 'restore', at(destination), '--root', root])
    const restored = await startServing(t, ['--root', root, ...anyPort])
    t.deepEqual(await lostOf(restored.url, before), [], destination)
    t.is(await restored.stop(), 0)
    const findings: unknown[] = []
    await checkFolder({ root, isDeep: true, onFinding: (finding) => void findings.push(finding) })
    t.deepEqual(findings, [])
  }
})

test('what is deleted while the backup is made is in it, and goes when it ends', async (t) => {
  const { workspace, serving, at } = await servedScene(t)
  const told: Acknowledged = new Map()
  for (let i = 0; i < 3; i++)
    for (const [path, bytes] of await pushTold(serving.url, `a/b${i}`, 'x', 3_000_000)) told.set(path, bytes)
  const blobs = (): number => blobsIn(workspace.root)
  const all = blobs()
  const child = spawn(process.execPath, [ibuildScript, 'registry', 'backup', '--root', workspace.root, '-'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  // Its first bytes come after the hold; what follows them does not fit into the pipe.
  await once(child.stdout, 'readable')
  await deleteAll(serving.url, told)
  t.is((await lostOf(serving.url, told)).length, told.size, 'nobody has them any more')
  const status = (await workspace.ok(['registry', 'status'])).stdout
  t.regex(status, /^backups: {3}1 being made/m)
  t.is(blobs(), all, 'and their bytes are there')
  await pipeline(child.stdout, createWriteStream(at('backup.tar')))
  t.is(child.exitCode ?? (await once(child, 'exit'))[0], 0)
  await workspace.ok(['registry', 'restore', at('backup.tar'), '--root', at('new')])
  const restored = await startServing(t, ['--root', at('new'), ...anyPort])
  t.deepEqual(await lostOf(restored.url, told), [])
  for (let i = 0; i < 100 && blobs() > 0; i++) await sleep(50)
  t.is(blobs(), 0, 'and now they are gone')
  t.notRegex((await workspace.ok(['registry', 'status'])).stdout, /backups/)
})

test('what is collected as garbage while the backup is made is in it, and goes when it ends', async (t) => {
  const gc = { IBUILD_GC_DELAY: '1ms', IBUILD_REGISTRY_GC_LEASE: '5s', IBUILD_REGISTRY_GC_UNTAGGED_KEEP: '0s' }
  const { workspace, serving, at } = await servedScene(t, [], gc)
  const { root } = workspace
  const told: Acknowledged = new Map()
  for (let i = 0; i < 3; i++)
    for (const [path, bytes] of await pushTold(serving.url, `a/b${i}`, 'x', 3_000_000)) told.set(path, bytes)
  const manifests = new Map([...told].filter(([path]) => path.includes('/manifests/')))
  const child = spawn(process.execPath, [ibuildScript, 'registry', 'backup', '--root', root, '-'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  await once(child.stdout, 'readable')
  const all = blobsIn(root)
  await deleteAll(serving.url, manifests)
  for (let i = 0; i < 100 && (await lostOf(serving.url, told)).length < told.size; i++) {
    await adminCall(root, '/v1/gc/run', { method: 'POST', body: 'true' })
    await sleep(100)
  }
  t.is((await lostOf(serving.url, told)).length, told.size, 'all of it was collected')
  t.is(blobsIn(root), all, 'and its bytes are there')
  await pipeline(child.stdout, createWriteStream(at('backup.tar')))
  await workspace.ok(['registry', 'restore', at('backup.tar'), '--root', at('new')])
  const restored = await startServing(t, ['--root', at('new'), ...anyPort])
  t.deepEqual(await lostOf(restored.url, told), [])
  for (let i = 0; i < 100 && blobsIn(root) > 0; i++) await sleep(50)
  t.is(blobsIn(root), 0, 'and now they are gone')
})

/** Files of blobs. */
function blobsIn(root: string): number {
  const folder = join(root, 'registry/blobs/sha256')
  return readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length
}

test('a backup that is killed lets go of what it held', async (t) => {
  const { workspace, serving } = await servedScene(t)
  const told = await pushTold(serving.url, 'a/b', 'x', 3_000_000)
  const child = spawn(process.execPath, [ibuildScript, 'registry', 'backup', '--root', workspace.root, '-'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'readable')
  await deleteAll(serving.url, told)
  child.kill('SIGKILL')
  for (let i = 0; i < 100 && blobsIn(workspace.root) > 0; i++) await sleep(50)
  t.is(blobsIn(workspace.root), 0)
})

test('a server that is killed while a backup is made: the backup fails, and the one before stays', async (t) => {
  const { workspace, serving, at } = await servedScene(t)
  await pushTold(serving.url, 'a/b', 'x', 3_000_000)
  const child = spawn(process.execPath, [ibuildScript, 'registry', 'backup', '--root', workspace.root, '-'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  await once(child.stdout, 'readable')
  await serving.stop('SIGKILL')
  const said: Buffer[] = []
  child.stderr.on('data', (bytes: Buffer) => said.push(bytes))
  child.stdout.resume()
  t.is((await once(child, 'close'))[0], 1)
  t.regex(Buffer.concat(said).toString(), /the server ended before the backup did.*\[SERVER_FAILED\]/)
  t.deepEqual(readdirSync(at('.')).sort(), ['data'])
})

test('a restore and a server keep out of each other’s way', async (t) => {
  const { workspace, serving, at } = await servedScene(t)
  await pushTold(serving.url, 'a/b', 'x')
  await workspace.ok(['registry', 'backup', at('backup/')])
  const over = await workspace.ibuild(['registry', 'restore', at('backup'), '--root', workspace.root])
  t.is(over.code, 1)
  t.regex(over.stderr, /is not empty: a backup is restored into an empty folder only/)
  mkdirSync(at('killed/restoring-1-1-000000000000-1'), { recursive: true })
  await t.throwsAsync(startServing(t, ['--root', at('killed'), ...anyPort]), {
    message: /a restore did not come to its end in/,
  })
  t.is(await serving.stop(), 0)
  const offline = await workspace.ok(['registry', 'backup', at('backup/'), '--json'])
  const { added } = JSON.parse(offline.stdout) as { added: { bytes: number } }
  t.true(added.bytes < 20_000, `without a server it is the same: no layer is copied again, ${added.bytes} bytes are`)
})

for (const [title, args, pattern] of [
  ['compression of a folder', ['backup', 'x/', '--compression', 'zstd'], /--compression is for a file or stdout/],
  ['hard links in a file', ['backup', 'x', '--hard-link'], /--hard-link needs a folder/],
  ['a compression that there is not', ['backup', 'x', '--compression', 'gzip'], /neither zstd nor none/],
  ['no destination', ['backup'], /missing required argument 'destination'/],
  ['an empty destination', ['backup', ''], /is empty/],
  ['two of them', ['backup', 'x', 'y'], /too many arguments/],
  ['a verified compression', ['backup', '--verify', 'x', '--compression', 'none'], /--verify reads a backup as it is/],
  ['a backup that is not there', ['restore', 'nowhere'], /there is no backup nowhere/],
  ['a destination within the registry', ['backup', 'data/registry/b.tar'], /a backup cannot lie in/],
  ['a folder that is a file', ['backup', '/proc/version/'], /it is not a folder/],
  ['a place where nothing can be made', ['backup', '/proc/x/'], /cannot write to \/proc\/x/],
  ['a data folder that is a file', ['restore', '/proc/self', '--root', '/proc/version'], /it is not a folder/],
] as const) {
  test(`wrong usage: ${title}`, async (t) => {
    const workspace = await makeWorkspace(t)
    await openBench(t, workspace.root).then(({ service }) => service.close())
    const { code, stderr } = await workspace.ibuild(['registry', ...args])
    t.is(code, 2)
    t.regex(stderr, pattern)
  })
}
