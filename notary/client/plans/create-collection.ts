import type { Gun, PublicKey } from '../../tuf/types.ts'
import { applyChanges } from '../changes/apply.ts'
import { newDraft } from '../changes/draft.ts'
import type { Draft } from '../changes/types.ts'

/** Keys of a collection that is to be made. */
export interface FirstKeys {
  /** In certificates for the collection's name. */
  readonly root: readonly PublicKey[]
  /** How many of the root keys must sign; 1 unless told. */
  readonly rootThreshold?: number | undefined
  readonly targets: PublicKey
  /** Of the server, or one of ours. */
  readonly snapshot: PublicKey
  /** Of the server. */
  readonly timestamp: PublicKey
}

/** A collection without targets, which was never published. Errors: TRUST_CHANGE_INVALID for a threshold that cannot be reached. */
export function createCollection(gun: Gun, keys: FirstKeys): Draft {
  return applyChanges(newDraft(gun), [
    { kind: 'replace-keys', role: 'root', keys: keys.root, threshold: keys.rootThreshold ?? 1 },
    { kind: 'replace-keys', role: 'targets', keys: [keys.targets], threshold: 1 },
    { kind: 'replace-keys', role: 'snapshot', keys: [keys.snapshot], threshold: 1 },
    { kind: 'replace-keys', role: 'timestamp', keys: [keys.timestamp], threshold: 1 },
  ])
}
