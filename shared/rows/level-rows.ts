import { usualBallast } from './ballast.ts'
import { type AroundTarget, CommitQueue } from './commit-queue.ts'
import { LevelHandle } from './level-handle.ts'
import type { DatabaseKind, Notify } from './open-level.ts'
import type { Durability, RowStore } from './row-store.ts'

export interface LevelRowsOptions {
  /** For the database alone; made when it is missing. */
  readonly folder: string
  /** Default `group`. */
  readonly durability?: Durability
  /** Bytes that are kept free for removals from a full disk. Default 24 MiB. */
  readonly ballast?: number
  /** What whoever runs the server should know: repairs, writes that fail and that succeed again. */
  readonly onNotice?: Notify
  /** Is given, once they are open, what takes all rows as they are at a moment: for copies of the database. */
  readonly onOpen?: (snapshot: RowStore['snapshot']) => void
  /** Is told how many changes were written together. */
  readonly onWritten?: (changes: number) => void
}

/**
 * A store of rows in an embedded LevelDB, of which this process is the only owner. Opening does not depend on how much is
 * stored. Errors: SERVER_BUSY when another process has it open; STORE_INVALID when it is damaged beyond repair or of another
 * version; DISK_FULL and SYSTEM_CALL, here and for changes: those after one that failed are refused until one can be written.
 */
export async function openLevelRows(
  kind: DatabaseKind,
  options: LevelRowsOptions,
  around: AroundTarget = (target) => target,
): Promise<RowStore> {
  const { folder, durability = 'group', ballast = usualBallast, onNotice = () => {}, onOpen, onWritten } = options
  const handle = new LevelHandle(folder, kind, { notify: onNotice, ballast })
  await handle.open()
  const queue = new CommitQueue(around(handle), durability, onWritten)
  const snapshot: RowStore['snapshot'] = async () => {
    const taken = await handle.read((database) => database.snapshot())
    return { ...taken, list: (range) => handle.read(() => taken.list(range)) }
  }
  onOpen?.(snapshot)
  return {
    get: (key) => handle.read((database) => database.get(key)),
    getMany: (keys) => handle.getMany(keys),
    list: (range) => handle.read((database) => database.list(range)),
    commit: (change) => queue.commit(change),
    snapshot,
    close: async () => {
      await queue.close()
      await handle.close()
    },
  }
}
