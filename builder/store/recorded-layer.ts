import type { Digest } from '../../shared/base/digest.ts'
import type { StepRecord, Store, StoredLayer } from './types.ts'

/** A record and the layer that it names. */
export interface RecordedLayer {
  readonly record: StepRecord
  readonly layer: StoredLayer
}

/** What is remembered under a key. A record counts only while its layer is there. */
export function findRecorded(
  { records, layers }: Pick<Store, 'records' | 'layers'>,
  key: Digest,
): RecordedLayer | undefined {
  const record = records.get(key)
  const layer = record?.diffID && layers.get(record.diffID)
  return record && layer && { record, layer }
}
