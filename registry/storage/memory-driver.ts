import { readFile } from 'node:fs/promises'
import type { Digest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { BlobDriver, StoreOptions, UploadBytes } from './blob-types.ts'
import { bytesReader, copyBytes } from './bytes-reader.ts'

/** Blobs and uploads in memory: for tests, and for a registry that is to forget all. Without `limit` (bytes) it takes all. */
export function createMemoryDriver({ limit }: { readonly limit?: number } = {}): BlobDriver {
  const blobs = new Map<Digest, Uint8Array>()
  const uploads = new Map<string, Grown>()

  const used = (): number =>
    [...blobs.values()].reduce((sum, { byteLength }) => sum + byteLength, 0) +
    [...uploads.values()].reduce((sum, { size }) => sum + size, 0)
  const check = (more: number): void => {
    if (limit !== undefined && used() + more > limit) throw new IbuildError('DISK_FULL', 'no memory left for blobs')
  }
  const place = (digest: Digest, bytes: Uint8Array, { replace = false }: StoreOptions = {}): void => {
    if (replace || blobs.get(digest)?.byteLength !== bytes.byteLength) blobs.set(digest, bytes)
  }
  const uploadOf = (id: string, grown: Grown): UploadBytes => ({
    get size() {
      return grown.size
    },
    append: async (bytes) => {
      check(bytes.byteLength)
      grown.append(bytes)
    },
    sync: async () => undefined,
    read: async (target, position) => copyBytes(grown.bytes(), target, position),
    commit: async (digest, options) => {
      place(digest, grown.bytes().slice(), options)
      uploads.delete(id)
    },
    close: async () => undefined,
  })

  return {
    size: async (digest) => blobs.get(digest)?.byteLength,
    open: async (digest) => {
      const bytes = blobs.get(digest)
      return bytes && bytesReader(bytes)
    },
    put: async (digest, bytes, options) => {
      check(bytes.byteLength)
      place(digest, new Uint8Array(bytes), options)
    },
    adopt: async (digest, path, isRight) => {
      const bytes = await readFile(path)
      check(bytes.byteLength)
      if (!(await isRight(bytesReader(bytes)))) return 'refused'
      place(digest, bytes, { replace: true })
      return 'copied'
    },
    give: async () => false,
    remove: async (digest) => blobs.delete(digest),
    setAside: async (digest) => {
      blobs.delete(digest)
    },
    createUpload: async (id) => {
      if (uploads.has(id)) throw Object.assign(new Error('EEXIST: there is such an upload'), { code: 'EEXIST' })
      const grown = new Grown()
      uploads.set(id, grown)
      return uploadOf(id, grown)
    },
    openUpload: async (id) => {
      const grown = uploads.get(id)
      return grown && uploadOf(id, grown)
    },
    removeUpload: async (id) => {
      uploads.delete(id)
    },
    listUploads: async () => [...uploads.keys()],
    space: async () => (limit === undefined ? undefined : { free: Math.max(0, limit - used()), total: limit }),
    close: async () => undefined,
  }
}

/** Bytes that are added to, in memory that doubles. */
class Grown {
  #bytes = new Uint8Array(1024)
  size = 0

  append(bytes: Uint8Array): void {
    const size = this.size + bytes.byteLength
    if (size > this.#bytes.byteLength) {
      const larger = new Uint8Array(Math.max(size, 2 * this.#bytes.byteLength))
      larger.set(this.bytes())
      this.#bytes = larger
    }
    this.#bytes.set(bytes, this.size)
    this.size = size
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.size)
  }
}
