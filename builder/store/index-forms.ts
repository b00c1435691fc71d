import { isDigest } from '../../shared/base/digest.ts'
import { isObject, type JsonObject, type JsonValue } from '../../shared/base/json.ts'
import type { StoreContext } from './context.ts'
import { createKnownLists, type KnownLists } from './known-lists.ts'
import type { IndexForm, SizedDigest } from './remote-types.ts'

/** See `IndexFormStore`. */
export function createIndexFormStore(context: StoreContext): KnownLists<IndexForm> {
  const lists = createKnownLists<IndexForm>(context, {
    folder: context.layout.indexForms,
    most: 4,
    mostBytes: 4096,
    write: entryOf,
    read: formOf,
    isSame: (a, b) => a.index.digest === b.index.digest,
  })
  return {
    ...lists,
    add: async (diffID, form) => {
      const before = lists.get(diffID).find(({ index }) => index.digest === form.index.digest)
      const blob = form.blob ?? before?.blob
      const isOwn = form.own === true || before?.own === true
      await lists.add(diffID, { index: form.index, ...(blob && { blob }), ...(isOwn && { own: true }) })
    },
  }
}

function entryOf({ index, blob, own }: IndexForm): JsonObject {
  return { index: { ...index }, ...(blob && { blob: { ...blob } }), ...(own === true && { own }) }
}

function formOf({ index: told, blob: packed, own }: JsonObject): IndexForm | undefined {
  const [index, blob] = [sizedOf(told), sizedOf(packed)]
  return index && { index, ...(blob && { blob }), ...(own === true && { own }) }
}

function sizedOf(value: JsonValue | undefined): SizedDigest | undefined {
  const { digest, size } = isObject(value) ? value : {}
  return typeof digest === 'string' && isDigest(digest) && typeof size === 'number' ? { digest, size } : undefined
}
