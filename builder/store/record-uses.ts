import type { Digest } from '../../shared/base/digest.ts'
import { manyRecords, tellManyRecords } from '../layers/many-records.ts'
import type { RecordStore, RecordUse, UsedRecord } from './types.ts'

/** The name of a step is as long as its instruction. */
const mostStepLength = 200

export interface RecordUses {
  readonly readable: readonly RecordUse[]
  /** Keys of files that can give no hit. */
  readonly damaged: readonly Digest[]
}

/** What is needed to choose among all records: of each a little, and each layer's name once. */
export function recordUses({ list, peek }: Pick<RecordStore, 'list' | 'peek'>): RecordUses {
  const [readable, damaged]: [RecordUse[], Digest[]] = [[], []]
  const diffIDs = new Map<Digest, Digest>()
  const keys = list()
  if (keys.length >= manyRecords) tellManyRecords()
  for (const key of keys) {
    const found = peek(key)
    if (found === undefined) damaged.push(key)
    else readable.push(useOf(key, found, diffIDs))
  }
  return { readable, damaged }
}

/** A record that another one's hit spares from being asked, as that of a result, counts as used when its layer is. */
export function usedWithLayer(uses: readonly RecordUse[]): RecordUse[] {
  const last = new Map<Digest, number>()
  for (const { diffID, usedAt } of uses) {
    if (diffID !== undefined) last.set(diffID, Math.max(usedAt, last.get(diffID) ?? 0))
  }
  return uses.map((use) => ({ ...use, usedAt: last.get(use.diffID ?? use.key) ?? use.usedAt }))
}

function useOf(key: Digest, { record, usedAt, bytes }: UsedRecord, diffIDs: Map<Digest, Digest>): RecordUse {
  return { key, step: shortened(record.step), diffID: onlyOne(record.diffID, diffIDs), usedAt, bytes }
}

function onlyOne(diffID: Digest | undefined, known: Map<Digest, Digest>): Digest | undefined {
  if (diffID === undefined) return undefined
  const same = known.get(diffID)
  if (same === undefined) known.set(diffID, diffID)
  return same ?? diffID
}

/** A piece of a string keeps all of it in memory; bytes do not. */
function shortened(step: string): string {
  if (step.length <= mostStepLength) return step
  return `${Buffer.from(step.slice(0, mostStepLength)).toString()}...`
}
