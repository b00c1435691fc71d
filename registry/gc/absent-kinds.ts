import type { RowRange, RowStore } from '../../shared/rows/row-store.ts'
import { anyDigest, useRows } from '../storage/gc-rows.ts'
import { referrerRows } from '../storage/rows.ts'

/**
 * The same metadata for some reviews side by side, which ask again and again for rows that most repositories have none of: referrers,
 * and manifests of which nobody knows what they refer to. Whether there are any is looked up once: each look at a range costs
 * memory that is collected with a pause. A referrer that comes meanwhile is looked at by itself later; and what nobody could read is
 * written down before anything is removed.
 */
export function withoutKinds(metadata: RowStore): RowStore {
  const known = new Map<string, Promise<boolean>>()
  const hasAny = async (prefix: string): Promise<boolean> => (await metadata.list({ prefix, limit: 1 })).length > 0
  return {
    ...metadata,
    list: async (range) => {
      const kind = rareKind(range)
      if (kind === undefined) return metadata.list(range)
      const isThere = known.get(kind) ?? hasAny(kind)
      known.set(kind, isThere)
      return (await isThere) ? metadata.list(range) : []
    },
  }
}

/** The rows among which these would be, where few repositories have any. */
function rareKind({ prefix }: RowRange): string | undefined {
  const [, name = ''] = prefix.split(' ')
  const kinds = [referrerRows.prefix(name), useRows.prefix(name, anyDigest)]
  return kinds.find((kind) => prefix.startsWith(kind))
}
