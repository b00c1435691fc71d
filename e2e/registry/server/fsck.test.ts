import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readlinkSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import { app, layerOf, makeStore, type Store, team } from '../../../registry/fsck/testing/store.ts'
import { taggedRows } from '../../../registry/storage/rows.ts'
import { type RunOutput, run } from '../../testing/run.ts'
import { startServe, until } from '../../testing/serve.ts'
import { temporaryFolder } from '../../testing/temporary.ts'
import { ibuildScript } from '../../testing/workspace.ts'
import { pushImage } from './client.ts'

function fsck(root: string, ...args: string[]): Promise<RunOutput> {
  return run(process.execPath, [ibuildScript, 'registry', 'fsck', '--root', root, ...args])
}

function storeFor(t: ExecutionContext): Promise<Store> {
  return makeStore(join(temporaryFolder(t), 'data'))
}

test('a registry in order, without a server, and beside one that goes on', async (t) => {
  const { root } = await storeFor(t)
  t.like(await fsck(root, '--deep'), { code: 0, stdout: 'all is in order\n', stderr: '' })
  await using server = await startServe(root)
  const over = new AbortController()
  const pushing = (async () => {
    for (let i = 0; !over.signal.aborted; i++) await pushImage(`http://${server.host}`, `busy/${i}`, 'v1')
  })()
  const results = [await fsck(root), await fsck(root, '--deep')]
  over.abort()
  await pushing
  for (const result of results) t.like(result, { code: 0, stdout: 'all is in order\n', stderr: '' })
})

test('beside a server damage is found and left; alone it is put right', async (t) => {
  const store = await storeFor(t)
  const { root, file, layout } = store
  await store.rows((rows) => rows.commit({ remove: [taggedRows.key(team, app.digest, 'v1')] }))
  rmSync(file(layerOf(app)))
  const blobs = readdirSync(layout.blobs, { recursive: true })
  const server = await startServe(root)
  const beside = await fsck(root, '--json')
  t.is(beside.code, 1)
  const { findings, summary } = JSON.parse(beside.stdout) as { findings: Record<string, unknown>[]; summary: unknown }
  t.deepEqual(
    findings.map(({ code, isMended }) => [code, isMended]),
    [
      ['tagged-missing', false],
      ['blob-bytes-missing', false],
    ],
  )
  const none = { found: 0, left: 0 }
  t.deepEqual(summary, { loss: { found: 1, left: 1 }, disorder: { found: 1, left: 1 }, leftover: none, note: none })
  const refused = await fsck(root, '--repair')
  t.is(refused.code, 1)
  t.regex(refused.stderr, /\[SERVER_BUSY\][^]*Stop the server first/)
  await server.close()
  const repair = await fsck(root, '--repair')
  t.is(repair.code, 1, 'lost bytes are lost')
  t.regex(repair.stdout, /^mended: tagged-missing: tag team\/app v1\nblob-bytes-missing: sha256:\w+: of team\/app\n/)
  t.regex(repair.stdout, /loss: 1; disorder: 1, of which 0 left\n$/)
  t.deepEqual(readdirSync(layout.blobs, { recursive: true }), blobs)
})

test('a check that is interrupted ends at once, and says so', async (t) => {
  const { root, file } = await storeFor(t)
  const layer = file(layerOf(app))
  truncateSync(layer, 2 ** 36) // without bytes on the disk, and more than a minute of hashing
  const child = spawn(process.execPath, [ibuildScript, 'registry', 'fsck', '--root', root])
  const [said, ended] = [text(child.stderr), once(child, 'close')]
  const isReading = (): boolean | undefined => {
    const open = readdirSync(`/proc/${child.pid}/fd`).map((fd) => readlinkOf(`/proc/${child.pid}/fd/${fd}`))
    return open.includes(layer) || undefined
  }
  await until(isReading, 20_000, () => 'fsck does not read the blob')
  const before = performance.now()
  child.kill('SIGINT')
  t.deepEqual(await ended, [1, null])
  t.true(performance.now() - before < 15_000)
  t.is(await said, 'ibuild: the work was cancelled [CANCELLED]\n')
})

/** Files of another process may be closed when it is their turn. */
function readlinkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

test('words that make no sense, and folders without a registry', async (t) => {
  const root = temporaryFolder(t)
  for (const [words, message] of [
    [['--recover', 'a/b'], /--recover goes with --repair/],
    [['--repair', '--recover', 'A B'], /--recover: not a repository name/],
    [['more'], /too many arguments/],
  ] as const) {
    const { code, stderr } = await fsck(root, ...words)
    t.is(code, 2, stderr)
    t.regex(stderr, message)
  }
  const { code, stderr } = await fsck(root)
  t.is(code, 1)
  t.regex(stderr, /there is no registry in/)
})

test('names from the disk do not write to the terminal as they like', async (t) => {
  const { root, layout } = await storeFor(t)
  writeFileSync(join(layout.blobs, 'x\u001b[31my'), '')
  const { stdout } = await fsck(root)
  t.true(stdout.startsWith(`file-misplaced: ${layout.blobs}/xy\n`), stdout)
  t.false((await fsck(root, '--json')).stdout.includes('\u001b'))
})
