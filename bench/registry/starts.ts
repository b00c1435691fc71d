import type { RegistryRow } from './row.ts'
import { storeBlobs } from './stored-blobs.ts'

/** Starts on a folder that has much in it. */
export const startRows: readonly RegistryRow[] = [
  {
    name: 'R9',
    title: 'start with 1 000 000 blobs stored, until it answers',
    rounds: 5,
    contenders: ['ibuild'],
    figures: [
      { title: 'time to ready', unit: 's', better: 'less', value: 1 },
      { title: 'time to ready with nothing stored', unit: 's', better: 'less' },
    ],
    async prepare(registry, size) {
      const empty = await registry.restart()
      const until = size === 'full' ? 1_000_000 : 20_000
      await registry.restart(() => storeBlobs(registry.root, { from: 0, until }))
      return async () => [(await registry.restart()) / 1000, empty / 1000]
    },
  },
]
