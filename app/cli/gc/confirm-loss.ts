import type { RetentionService, Totals } from '../../../retention/run/types.ts'
import { formatSize } from '../sizes.ts'
import { confirm } from '../trust/confirm.ts'

export interface Loss {
  readonly service: Pick<RetentionService, 'source'>
  readonly canUndo: boolean
  readonly totals: Pick<Totals, 'deleted' | 'bytes'>
  /** Whether more goes that is free to go once these are gone. */
  readonly isInPasses?: boolean
}

/** Has a person say yes where what goes cannot come back. Errors: CANCELLED; USAGE where nobody can be asked. */
export async function confirmLoss(
  { service, canUndo, totals, isInPasses = false }: Loss,
  flags: { readonly yes?: boolean },
): Promise<void> {
  const { deleted, bytes } = totals
  if (canUndo || deleted === 0) return
  const what = `${deleted} ${deleted === 1 ? 'item' : 'items'} (${formatSize(bytes)})`
  const more = isInPasses ? ', and what may go then,' : ''
  await confirm(`Remove ${what}${more} from ${names[service.source]}? Nothing of it can come back.`, flags)
}

const names = { registry: 'the registry', store: 'the store', docker: 'the Docker daemon' } as const
