import path from 'node:path'
import test from 'ava'
import { needs } from '../../testing/needs.ts'
import { diskNeeds, runOnDisk } from '../../testing/own-disk.ts'

needs(test, ...diskNeeds.tmpfs)(
  'on a full disk what is being taken over waits, is served all the same, and goes on when there is room',
  async (t) => {
    t.timeout(60_000)
    const script = path.join(import.meta.dirname, '../stores/adopt-when-full.ts')
    t.deepEqual(await runOnDisk(t, script, { kind: 'tmpfs', size: '90m' }), {
      whenFull: { state: 'waiting', served: ['a', 'b', 'c'], taken: [] },
      warnings: [
        'taking over /docker/registry/v2 waits: the disk of the registry is full: try again later, or delete images',
      ],
      later: { state: 'done', flaws: 0, taken: ['a', 'b', 'c'] },
      problems: [],
    })
  },
)
