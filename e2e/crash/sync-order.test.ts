import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { type DiskCall, DiskModel, modelledCalls, parseStrace } from '../testing/disk-model.ts'
import { needs } from '../testing/needs.ts'
import { requireProgram } from '../testing/programs.ts'
import { runOk } from '../testing/run.ts'

const script = path.join(import.meta.dirname, '../../builder/store/testing/writer.ts')
const folder = mkdtempSync(path.join(tmpdir(), 'sync-order-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

/** The calls of a process that writes two images into `root`, the second into a store that is in use. */
async function traceWriter(root: string): Promise<DiskCall[]> {
  const log = path.join(folder, 'strace')
  const flags = ['-f', '-q', '-y', '-s', '4096', '-o', log, '-e', `trace=${modelledCalls}`]
  await runOk(requireProgram('strace'), [...flags, process.execPath, script, root, 'one', 'two'])
  return parseStrace(readFileSync(log, 'utf8'))
}

/** What must be safe from a power cut when `made` becomes visible. */
function promisedBy(made: string, root: string): string[] {
  const name = path.basename(made)
  const at = (part: string): string => path.join(root, part)
  if (path.dirname(made) === root) return []
  switch (path.relative(root, made).split('/')[0]) {
    case 'layers':
    case 'remote':
      return name === 'durable' ? [path.dirname(made)] : []
    case 'snapshots':
      return name.includes('.') ? [at(`snapshots/${name.split('.')[0]}`), at(`s/${name.split('.')[1]}`)] : []
    case 'images':
      return [at('layers'), at('remote'), at('sources'), at('blobs')]
    case 'tags':
      return [at('images')]
    default:
      return []
  }
}

/** Each promise that was made before it could be kept. */
function violations(calls: readonly DiskCall[], root: string): string[] {
  const model = new DiskModel()
  const found = calls.flatMap((call) =>
    model.apply(call).flatMap((made) =>
      promisedBy(made, root)
        .flatMap((part) => model.endangered(part))
        .filter((lost) => lost !== made)
        .map((lost) => `${path.relative(root, made)} before ${path.relative(root, lost)}`),
    ),
  )
  const atEnd = ['tags', 'images', 'layers', 'remote', 'sources', 'blobs', 'ibuild-store.json', 'oci-layout'].flatMap(
    (part) => model.endangered(path.join(root, part)),
  )
  return [...found, ...atEnd.map((lost) => `the end before ${path.relative(root, lost)}`)]
}

needs(test, 'strace')('nothing is visible before what it promises is on the disk', async (t) => {
  const root = path.join(folder, 'root')
  const calls = await traceWriter(root)
  t.deepEqual(violations(calls, root), [])

  const made = calls.filter(({ call, args }) => call === 'rename' && args.includes('/tags/'))
  t.is(made.length, 4, 'the log has the tags')
  const syncs = calls.filter(({ call }) => call === 'fsync')
  t.true(syncs.length > 30)
  for (const part of ['blobs', 'layers', 'remote', 'sources', 'images', 'tags', 's', 'snapshots']) {
    const without = calls.filter(({ call, args }) => call !== 'fsync' || !args.includes(`${root}/${part}`))
    t.true(without.length < calls.length, part)
    t.true(violations(without, root).length > 0, `without the syncs of ${part} something would be lost`)
  }
})
