import { rmSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Digest } from '../../shared/base/digest.ts'
import { namesIn } from '../../shared/cas/names-in.ts'
import { digestOfFileName, fileNameOf, type Layout } from './layout.ts'

/** The hashes of files that contexts had, one file for each context, named by the digest of its path. */
export interface ContextHashes {
  list(): readonly { readonly id: Digest; readonly bytes: number }[]
  remove(id: Digest): void
  /** Removes what killed builds left half-written. Only while nobody builds. */
  removeStray(): void
}

export function createContextHashes({ contexts }: Layout): ContextHashes {
  const fileOf = (name: string): string => path.join(contexts, name)
  return {
    list: () =>
      namesIn(contexts).flatMap((name) => {
        const id = digestOfFileName(name)
        return id === undefined ? [] : [{ id, bytes: statSync(fileOf(name), { throwIfNoEntry: false })?.size ?? 0 }]
      }),
    remove: (id) => rmSync(fileOf(fileNameOf(id)), { force: true }),
    removeStray: () => {
      for (const name of namesIn(contexts)) {
        if (digestOfFileName(name) === undefined) rmSync(fileOf(name), { recursive: true, force: true })
      }
    },
  }
}
