import { eachPage } from '../../shared/rows/each-row.ts'
import type { Row, RowSnapshot } from '../../shared/rows/row-store.ts'
import type { ServiceParts } from './parts.ts'
import type { RegistryHold } from './types.ts'

/** Rows read at once. */
const pageSize = 500

/**
 * Holds before it takes the snapshot: bytes go after their rows, so those that the snapshot names are there, and stay.
 */
export async function holdRegistry({
  metadata,
  holds,
}: Pick<ServiceParts, 'metadata' | 'holds'>): Promise<RegistryHold> {
  const letGo = holds.hold()
  let isHeld = true
  try {
    const snapshot = await metadata.snapshot()
    return {
      rows: () => pagesOf(snapshot),
      isHeld: () => isHeld,
      release: async () => {
        isHeld = false
        letGo()
        await snapshot.close()
      },
    }
  } catch (error) {
    letGo()
    throw error
  }
}

/** The snapshot is closed at the end: it keeps what is changed meanwhile on the disk. */
async function* pagesOf(snapshot: RowSnapshot): AsyncGenerator<readonly Row[]> {
  try {
    yield* eachPage(snapshot, '', pageSize)
  } finally {
    await snapshot.close()
  }
}
