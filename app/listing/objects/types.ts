import type { Container, StoredImage, StoredLayer, UsedRecord } from '../../../builder/store/types.ts'
import type { Digest } from '../../../shared/base/digest.ts'

/** What an object of the data folder is. */
export type ObjectType = 'image' | 'container' | 'layer' | 'snapshot' | 'record' | 'blob'

/** What `ibuild inspect` can show; of one digest that is several of them, the first is meant. */
export const objectTypes: readonly ObjectType[] = ['image', 'container', 'layer', 'snapshot', 'record', 'blob']

/** One object of the data folder. */
export type StoreObject =
  | { readonly type: 'image'; readonly image: StoredImage }
  | { readonly type: 'container'; readonly container: Container }
  | { readonly type: 'layer'; readonly layer: StoredLayer }
  | { readonly type: 'snapshot'; readonly chainID: Digest }
  | { readonly type: 'record'; readonly record: UsedRecord }
  | { readonly type: 'blob'; readonly digest: Digest }
