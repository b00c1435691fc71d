import { createHash } from 'node:crypto'
import { lastRows, numberPart } from '../../shared/rows/log-rows.ts'
import { lastPart } from '../../shared/rows/row-kind.ts'
import { type Change, ChangeConflict, type Row, type RowStore } from '../../shared/rows/row-store.ts'
import type { PolicyVersion } from '../run/types.ts'
import { policyLog, policyRows } from './rows.ts'

/** What is in force before anybody said anything: it keeps everything. */
const firstText = '# Keeps everything, until another policy is set.\nversion: 1\n'
const firstPolicy: PolicyVersion = { version: 0, hash: policyHash(firstText), at: 0, by: '', text: firstText }

/** Versions that are told at most, the newest. */
const mostTold = 1000

/** Hex. */
export function policyHash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** The one in force. */
export async function currentPolicy(rows: RowStore): Promise<PolicyVersion> {
  const [row] = await rows.list({ prefix: policyRows.prefix(), limit: 1, reverse: true })
  return row === undefined ? firstPolicy : versionOf(row)
}

/** Undefined for a number that there is not. */
export async function policyVersion(rows: RowStore, version: number): Promise<PolicyVersion | undefined> {
  if (version === 0) return firstPolicy
  if (!Number.isSafeInteger(version) || version < 0) return undefined
  const key = policyRows.key(numberPart(version))
  const value = await rows.get(key)
  return value === undefined ? undefined : versionOf({ key, value })
}

/** Newest first; the first one, of nobody, is the last. */
export async function policyVersions(rows: RowStore): Promise<readonly PolicyVersion[]> {
  const found = await rows.list({ prefix: policyRows.prefix(), limit: mostTold, reverse: true })
  return [...found.map(versionOf), firstPolicy]
}

/**
 * Puts a policy in force as the version behind `before`, with what else is to change. Undefined when `before` is no more in force:
 * then nothing was changed.
 */
export async function addPolicy(
  rows: RowStore,
  before: PolicyVersion,
  { policy, others }: { readonly policy: Omit<PolicyVersion, 'version' | 'hash'>; readonly others: Change },
): Promise<PolicyVersion | undefined> {
  const hash = policyHash(policy.text)
  const { value } = policyRows.row([''], { ...policy, hash })
  const expected = {
    key: lastRows.key(policyLog),
    value: before.version === 0 ? undefined : lastRows.row([policyLog], before.version).value,
  }
  const { append = [], expect = [] } = others
  try {
    const logged = [{ log: policyLog, value }, ...append]
    await rows.commit({ ...others, append: logged, expect: [expected, ...expect] })
  } catch (error) {
    if (error instanceof ChangeConflict) return undefined
    throw error
  }
  return { ...policy, hash, version: before.version + 1 }
}

function versionOf({ key, value }: Row): PolicyVersion {
  return { version: Number(lastPart(key)), ...policyRows.parse(key, value) }
}
