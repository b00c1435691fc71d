import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { type DiskCall, DiskModel, modelledCalls, parseStrace } from '../testing/disk-model.ts'
import { needs } from '../testing/needs.ts'
import { requireProgram } from '../testing/programs.ts'
import { runOk } from '../testing/run.ts'

const script = path.join(import.meta.dirname, '../registry/stores/registry-writer.ts')
const folder = mkdtempSync(path.join(tmpdir(), 'registry-order-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

const [root, acks] = [path.join(folder, 'root'), path.join(folder, 'acks')]
const blobs = path.join(root, 'registry/blobs')

/** The calls of a process that pushes images into a new registry. */
async function traceWriter(): Promise<DiskCall[]> {
  const log = path.join(folder, 'strace')
  const flags = ['-f', '-q', '-y', '-s', '4096', '-o', log, '-e', `trace=${modelledCalls}`]
  await runOk(requireProgram('strace'), [...flags, process.execPath, script, root, acks, 'before'])
  return parseStrace(readFileSync(log, 'utf8'))
}

const isAck = ({ call, args }: DiskCall): boolean => call === 'write' && args.includes(`<${acks}>`)
const isLink = ({ call, args }: DiskCall): boolean => call === 'link' && args.includes(blobs)
const isRowSync = ({ call, args }: DiskCall): boolean =>
  call === 'fdatasync' && /registry\/metadata\/\d+\.log>/.test(args)

/** What was acknowledged too early. */
function violations(calls: readonly DiskCall[]): string[] {
  const model = new DiskModel()
  let isLinkedSince = false
  let isSyncedSince = false
  return calls.flatMap((call) => {
    model.apply(call)
    if (isLink(call)) [isLinkedSince, isSyncedSince] = [true, false]
    if (isRowSync(call)) isSyncedSince = true
    if (!isAck(call)) return []
    const found = [
      ...model.endangered(blobs).map((lost) => `an answer before ${path.relative(root, lost)}`),
      ...(isLinkedSince && !isSyncedSince ? ['an answer before the rows were synced'] : []),
    ]
    isSyncedSince = false
    isLinkedSince = true
    return found
  })
}

needs(test, 'strace')('bytes, their names and then the rows are on the disk before an answer says so', async (t) => {
  t.timeout(120_000)
  const calls = await traceWriter()
  t.deepEqual(violations(calls), [])
  t.is(calls.filter(isAck).length, 3)
  t.true(calls.filter(isLink).length >= 6, 'the log has the blobs')
  const without = (isLeftOut: (call: DiskCall) => boolean): string[] =>
    violations(calls.filter((call) => !isLeftOut(call)))
  t.true(without(isRowSync).length > 0)
  t.true(without(({ call, args }) => call === 'fdatasync' && args.includes('/uploads/')).length > 0)
  t.true(without(({ call, args }) => call === 'fsync' && args.includes(blobs)).length > 0)
})
