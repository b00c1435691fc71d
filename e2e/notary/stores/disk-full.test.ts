import path from 'node:path'
import test from 'ava'
import { needs } from '../../testing/needs.ts'
import { diskNeeds, runOnDisk } from '../../testing/own-disk.ts'

needs(test, ...diskNeeds.tmpfs)(
  'on a full disk nothing is published and nothing lost, all can be read, and it recovers by itself',
  async (t) => {
    t.timeout(120_000)
    const script = path.join(import.meta.dirname, 'publish-when-full.ts')
    t.deepEqual(await runOnDisk(t, script, { kind: 'tmpfs', size: '90m' }), {
      before: ['done', 'done'],
      isRefused: true,
      isSeenAsBefore: true,
      refused: 'DISK_FULL',
      freed: 'done',
      removed: 'done',
      other: 'none',
      problems: [],
      notices: [
        'the metadata of trusted collections cannot be written: no space left on the disk; nothing is written until that is over',
        'the metadata of trusted collections can be written again',
      ],
      last: 'the metadata of trusted collections can be written again',
    })
  },
)
