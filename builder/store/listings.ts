import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { type Digest, digestOf } from '../../shared/base/digest.ts'
import { mapDiskFullSync, replaceFileSync } from '../../shared/cas/disk.ts'
import { namesIn } from '../../shared/cas/names-in.ts'
import type { StoreContext } from './context.ts'
import { fileNameOf } from './layout.ts'
import type { ListingStore } from './types.ts'

/** Beyond this a listing is not kept: some ten thousand files. */
const maxListingBytes = 4 * 1024 * 1024

export interface InternalListingStore extends ListingStore {
  /** Removes those that are not wanted. Asks for what is only when there is something to remove. */
  keepOnly(wanted: Iterable<Digest>): void
}

/** One file for each listing, named by its digest; nothing is synced, for what is damaged is not believed. */
export function createListingStore({ layout, temps }: StoreContext): InternalListingStore {
  const fileOf = (digest: Digest): string => path.join(layout.listings, fileNameOf(digest))
  return {
    get: (digest) => readVerified(fileOf(digest), digest),
    put: (digest, pieces) => {
      const file = fileOf(digest)
      const content = statSync(file, { throwIfNoEntry: false }) === undefined ? join(pieces) : undefined
      if (content === undefined) return
      mapDiskFullSync(() => {
        mkdirSync(layout.listings, { recursive: true })
        replaceFileSync(file, temps.name('listing'), content)
      })
    },
    keepOnly: (wanted) => {
      const unwanted = new Set(namesIn(layout.listings))
      if (unwanted.size === 0) return
      for (const digest of wanted) unwanted.delete(fileNameOf(digest))
      for (const name of unwanted) rmSync(path.join(layout.listings, name), { force: true })
    },
  }
}

/** Undefined when it is too long. */
function join(pieces: Iterable<string>): Buffer | undefined {
  const parts: Buffer[] = []
  let size = 0
  for (const piece of pieces) {
    size += piece.length
    if (size > maxListingBytes) return undefined
    parts.push(Buffer.from(piece, 'latin1'))
  }
  return Buffer.concat(parts)
}

function readVerified(file: string, digest: Digest): string | undefined {
  try {
    if (statSync(file).size > maxListingBytes) return undefined
    const bytes = readFileSync(file)
    return digestOf(bytes) === digest ? bytes.toString('latin1') : undefined
  } catch {
    return undefined
  }
}
