import { createHash } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { openStore } from '../../builder/store/open.ts'
import { makeWorkspace } from '../testing/workspace.ts'

test('saves at once, and prunes between them, give one archive again and again', async (t) => {
  t.timeout(300_000)
  const space = await makeWorkspace(t)
  const files = { a: 'a'.repeat(3_000_000), b: 'b'.repeat(200_000) }
  await space.ok(['-t', 'app', space.write('c', { Dockerfile: 'FROM scratch\nCOPY a /\nCOPY b /\n', ...files })])
  const save = async (name: string): Promise<string> => {
    const file = join(space.folder, name)
    await space.ok(['save', '--format', 'oci', '--compression', 'gzip', '-o', file, 'app'])
    const digest = createHash('sha256').update(readFileSync(file)).digest('hex')
    rmSync(file)
    return digest
  }
  const expected = await save('first')
  for (let round = 0; round < 3; round++) {
    const saves = Array.from({ length: 4 }, (_, i) => save(`${round}-${i}`))
    const prunes = [space.ok(['prune', '--all']), space.ok(['prune'])]
    t.deepEqual(await Promise.all(saves), [expected, expected, expected, expected])
    await Promise.all(prunes)
  }
  const store = openStore(space.root)
  for (const diffID of store.images.get('app')?.config.rootfs.diff_ids ?? []) {
    const copy = store.compressed.get({ diffID, format: 'gzip', level: 6 })
    if (copy !== undefined) t.notThrows(() => store.blobs.readVerified(copy.digest, 1 << 24))
  }
})
