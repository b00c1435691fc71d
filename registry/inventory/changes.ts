import { randomUUID } from 'node:crypto'
import type { Change, RowStore } from '../../shared/rows/row-store.ts'
import { inUseRows } from '../storage/pull-rows.ts'
import { manifestRows, tagRows } from '../storage/rows.ts'

/** Counts what changes the contents of repositories, in this process. */
export interface ContentChanges {
  /** The same metadata, whose changes are counted. */
  watch(metadata: RowStore): RowStore
  /** Another text after each change, and in each process. */
  revision(): string
}

export function countChanges(): ContentChanges {
  const process = randomUUID()
  let count = 0
  return {
    watch: (metadata) => ({
      ...metadata,
      commit: async (change) => {
        if (!isAboutContent(change)) return metadata.commit(change)
        count++ // before it may be seen
        await metadata.commit(change).finally(() => count++)
      },
    }),
    revision: () => `${process}-${count}`,
  }
}

const kinds = [tagRows, manifestRows, inUseRows].map((kind) => kind.prefix())

function isAboutContent({ put = [], remove = [] }: Change): boolean {
  const isOne = (key: string): boolean => kinds.some((prefix) => key.startsWith(prefix))
  return remove.some(isOne) || put.some(({ key }) => isOne(key))
}
