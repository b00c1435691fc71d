import { randomUUID } from 'node:crypto'
import { lastPart } from '../../shared/rows/row-kind.ts'
import type { Change, RowStore } from '../../shared/rows/row-store.ts'
import { type MetadataHolder, suspendInDoubt } from '../service/doubtful-metadata.ts'
import { inUseRows } from '../storage/pull-rows.ts'
import { manifestRows, tagRows } from '../storage/rows.ts'

/** Is told of changes in this process before whoever made them. */
export interface ContentListener extends MetadataHolder {
  changed(change: Change): void
}

/** Follows what changes the contents of repositories, in this process. */
export interface ContentChanges {
  /** The same metadata, whose changes are followed. */
  watch(metadata: RowStore): RowStore
  /** Another text after each change, and in each process. */
  revision(): string
  listen(listener: ContentListener): void
}

export function followChanges(): ContentChanges {
  const process = randomUUID()
  const listeners: ContentListener[] = []
  let count = 0
  const commitTo = async (metadata: RowStore, change: Change): Promise<void> => {
    const isCounted = isAboutContent(change)
    if (isCounted) count++ // before it may be seen
    await metadata.commit(change).finally(() => (isCounted ? count++ : undefined))
    for (const listener of listeners) listener.changed(change)
  }
  const all: MetadataHolder = {
    suspend: () => listeners.forEach((listener) => listener.suspend()),
    resume: () => listeners.forEach((listener) => listener.resume()),
  }
  return {
    watch: (metadata) => suspendInDoubt({ ...metadata, commit: async (change) => commitTo(metadata, change) }, [all]),
    revision: () => `${process}-${count}`,
    listen: (listener) => void listeners.push(listener),
  }
}

const kinds = [tagRows, manifestRows, inUseRows].map((kind) => kind.prefix())

function isAboutContent({ put = [], remove = [] }: Change): boolean {
  const isOne = (key: string): boolean => kinds.some((prefix) => key.startsWith(prefix))
  return remove.some(isOne) || put.some(({ key }) => isOne(key))
}

/** A row of a repository that was changed. */
export interface ChangedRow {
  readonly key: string
  readonly name: string
  /** The last part of the key. */
  readonly last: string
  /** Undefined: it is no more. */
  readonly value: string | undefined
}

/** Those of a change whose key is that prefix, the name of a repository, and one part more. */
export function changedRows({ put = [], remove = [] }: Change, prefix: string): readonly ChangedRow[] {
  const removed = remove.filter((key) => key.startsWith(prefix)).map((key) => ({ key, value: undefined }))
  const written = put.filter(({ key }) => key.startsWith(prefix))
  return [...removed, ...written].map(({ key, value }) => {
    const last = lastPart(key)
    return { key, value, last, name: key.slice(prefix.length, -last.length - 1) }
  })
}
