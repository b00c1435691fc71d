import { eachRow } from '../../shared/rows/each-row.ts'
import { lastPart, readOrNothing } from '../../shared/rows/row-kind.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { type UsageRow, usageRows } from '../storage/rows.ts'
import type { ServiceParts } from './parts.ts'
import type { QuotaFor } from './quota.ts'
import type { RepositoryUsage } from './types.ts'
import type { Usage } from './usage.ts'

/** All repositories that have something, in the order of their names. */
async function* allUsage(metadata: RowStore): AsyncGenerator<Usage & { readonly name: string }> {
  for await (const { key, value } of eachRow(metadata, usageRows.prefix())) {
    const row = readOrNothing<UsageRow>(usageRows, key, value)
    if (row !== undefined) yield { name: lastPart(key), bytes: row.bytes, isWhole: row.countedTo === undefined }
  }
}

/** With what each has on its way and may have. */
export async function* repositoryUsage({ metadata, quota, quotaFor }: UsageParts): AsyncGenerator<RepositoryUsage> {
  for await (const each of allUsage(metadata)) {
    yield { ...each, onTheWay: quota.onTheWay(each.name), limit: quotaFor(each.name)?.bytes }
  }
}

interface UsageParts extends Pick<ServiceParts, 'metadata' | 'quota'> {
  readonly quotaFor: QuotaFor
}
