import { lastPart, readOrNothing } from '../../shared/rows/row-kind.ts'
import { namesWithBytes, recountUsage, storedBytes } from '../service/usage.ts'
import { type UsageRow, usageRows } from '../storage/rows.ts'
import { usageState } from '../storage/usage-rows.ts'
import { inspectRows } from './inspect-rows.ts'
import type { Found, FsckContext } from './types.ts'

/** What repositories are said to have, against what they have. What is being counted just now is left to that. */
export async function checkUsage(context: FsckContext): Promise<void> {
  const { metadata } = context
  await inspectRows(context, { kind: usageRows, phase: 'bytes of repositories' }, (key) =>
    lookAtUsage(context, lastPart(key)),
  )
  if ((await metadata.get(usageState)) === undefined) return
  for await (const name of namesWithBytes(metadata)) {
    if ((await metadata.get(usageRows.key(name))) === undefined) await context.inspect(() => lookAtUsage(context, name))
  }
}

async function lookAtUsage({ metadata }: FsckContext, name: string): Promise<readonly Found[]> {
  const key = usageRows.key(name)
  const value = await metadata.get(key)
  const row = value === undefined ? { bytes: 0 } : readOrNothing<UsageRow>(usageRows, key, value)
  if (row?.countedTo !== undefined) return []
  const bytes = await storedBytes(metadata, name)
  if (bytes === row?.bytes) return []
  const mend = async (): Promise<boolean> => {
    await recountUsage(metadata, name, () => undefined)
    return true
  }
  return [{ code: 'usage-wrong', subject: key, detail: `${row?.bytes ?? 0} bytes instead of ${bytes}`, mend }]
}
