import { randomBytes } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { imageOf, named, pushArtifact } from '../service/testing/images.ts'
import { manifestText } from './manifest.ts'
import { blobName, fileName, metadataName } from './members.ts'
import { noTarget, readBackup } from './read-backup.ts'
import { type Held, heldMembers, openBench, readingMembers, writeRootFiles } from './testing/bench.ts'

async function sample(t: ExecutionContext): Promise<Held[]> {
  const bench = await openBench(t)
  writeRootFiles(bench.root)
  await pushArtifact(bench.service, named('team/app'), imageOf('one'), ['1'])
  return bench.backUp(heldMembers)
}

const extra = (name: string, text = 'x'): Held => ({ name, bytes: Buffer.from(text) })
const folderOf = (held: readonly Held[], folder: string): number =>
  held.findIndex(({ name }) => name.startsWith(`${folder}/`))
const rows = (...lines: readonly (readonly [string, string])[]): Held => {
  const bytes = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  return { name: metadataName(digestOf(bytes)), bytes }
}

const foreign = digestOf('foreign')

/** What somebody may have made of a backup, and what is said of it. */
const hostile: Readonly<Record<string, readonly [change: (held: Held[]) => Held[], said: RegExp]>> = {
  'nothing at all': [() => [], /this is no backup/],
  'no head': [(held) => held.slice(1), /its first part is missing/],
  'the head twice': [(held) => [...held.slice(0, 1), ...held], /comes twice/],
  'the end twice': [(held) => [...held, ...held.slice(-1)], /follows the end/],
  'no end': [(held) => held.slice(0, -1), /cut short/],
  'something behind the end': [(held) => [...held, extra(fileName(foreign), 'foreign')], /follows the end/],
  'a blob behind the end': [(held) => [...held, extra(blobName(foreign), 'foreign')], /follows the end/],
  'a name that leads out': [(held) => held.toSpliced(1, 0, extra('../../etc/passwd')), /which no backup has/],
  'a name from the root': [(held) => held.toSpliced(1, 0, extra('/etc/passwd')), /which no backup has/],
  'a name with a control character': [(held) => held.toSpliced(1, 0, extra('a\u001b[2Jb')), /"a\\u001b\[2Jb"/],
  'a blob twice': [(held) => held.toSpliced(-1, 0, held[folderOf(held, 'blobs')] as Held), /comes twice/],
  'a file twice': [(held) => held.toSpliced(-1, 0, held[folderOf(held, 'files')] as Held), /comes twice/],
  'rows twice': [
    (held) => held.toSpliced(1, 0, held[folderOf(held, 'metadata')] as Held),
    /not in order, or come twice/,
  ],
  'rows behind blobs': [(held) => held.toSpliced(-1, 0, rows(['zzz', '1'])), /metadata behind blobs/],
  'rows that the end does not name': [
    (held) => held.toSpliced(2, 0, rows(['zzz', '1'])),
    /metadata that it should have/,
  ],
  'rows of other bytes': [
    (held) => held.toSpliced(1, 1, { ...(held[1] as Held), bytes: Buffer.from('["a","b"]\n') }),
    /is damaged/,
  ],
  'no rows': [(held) => held.toSpliced(1, 1), /metadata that it should have/],
  'no file': [(held) => held.toSpliced(folderOf(held, 'files'), 1), /has no file/],
  'no blob': [(held) => held.toSpliced(folderOf(held, 'blobs'), 1), /a blob of the backup is missing/],
  'a huge file': [
    (held) => held.toSpliced(2, 0, { name: fileName(foreign), bytes: Buffer.alloc(5 * 2 ** 20) }),
    /more than/,
  ],
  'metadata of a newer version': [
    (held) => held.toSpliced(1, 1, rows(['format', '{"version":99}'])),
    /metadata of the registry in the backup are of a newer version/,
  ],
  'a count that the rows do not have': [
    (held) => {
      const { manifest } = JSON.parse(String(Buffer.from(held.at(-1)?.bytes ?? ''))) as {
        manifest: Parameters<typeof manifestText>[0]
      }
      const text = manifestText({ ...manifest, blobs: { ...manifest.blobs, count: 1 } })
      return [...held.slice(0, -1), extra('manifest.json', text)]
    },
    /does not fit its rows/,
  ],
}

for (const [title, [change, said]] of Object.entries(hostile)) {
  test(`refused: ${title}`, async (t) => {
    const held = change(await sample(t))
    for (const atOnce of [1, 4])
      await t.throwsAsync(readBackup(readingMembers(held), noTarget, { atOnce }), {
        code: 'BACKUP_INVALID',
        message: said,
      })
  })
}

test('a blob that no row names is passed over, and not given to anybody', async (t) => {
  const held = await sample(t)
  const given: string[] = []
  const more = held.toSpliced(-1, 0, { name: blobName(foreign), bytes: Buffer.from('foreign') })
  const target = {
    ...noTarget,
    blob: async (digest: string, bytes: AsyncIterable<Uint8Array>) => {
      given.push(digest)
      for await (const _ of bytes);
    },
  }
  await readBackup(readingMembers(more), target, { atOnce: 1 })
  t.is(given.length, 3)
  t.false(given.includes(foreign))
})

test('no more of a blob is taken than its row says', async (t) => {
  const held = await sample(t)
  const at = folderOf(held, 'blobs')
  let read = 0
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      read++
      yield randomBytes(65536)
    }
  }
  async function* members(): AsyncGenerator<{ name: string; size: number; bytes: AsyncIterable<Uint8Array> }> {
    for await (const member of readingMembers(held))
      yield member.name === held[at]?.name ? { ...member, bytes: endless() } : member
  }
  const report = await readBackup(members(), noTarget, { atOnce: 1, skipsDamaged: true })
  t.is(report.damaged.length, 1)
  t.is(read, 1)
})

test('an error of the target is no damage', async (t) => {
  const held = await sample(t)
  const full = { ...noTarget, blob: async () => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' })) }
  await t.throwsAsync(readBackup(readingMembers(held), full, { atOnce: 1, skipsDamaged: true }), { message: 'full' })
})
