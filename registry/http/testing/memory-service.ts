import { randomUUID } from 'node:crypto'
import { algorithmOf, type Digest, digestOf } from '../../../shared/base/digest.ts'
import { RegistryError } from '../../protocol/error.ts'
import { parseManifest } from '../../protocol/manifest.ts'
import { isName } from '../../protocol/names.ts'
import type { RegistryService, StoredManifest, UploadBody } from '../../service/types.ts'

/** A registry in memory. */
export function memoryService(): RegistryService {
  const blobs = new Map<string, Map<string, Uint8Array>>()
  const manifests = new Map<string, Map<string, StoredManifest>>()
  const sessions = new Map<string, { name: string; bytes: Uint8Array[]; size: number }>()
  const within = <V>(map: Map<string, Map<string, V>>, name: string): Map<string, V> => {
    const inner = map.get(name) ?? new Map<string, V>()
    map.set(name, inner)
    return inner
  }
  const sessionOf = (name: string, id: string): { bytes: Uint8Array[]; size: number } => {
    const session = sessions.get(id)
    if (session?.name !== name) throw new RegistryError('BLOB_UPLOAD_UNKNOWN', 'no such upload')
    return session
  }
  const add = async (name: string, id: string, { bytes, range, length }: UploadBody): Promise<void> => {
    const session = sessionOf(name, id)
    if (range && (range.start !== session.size || (length !== undefined && length !== range.end + 1 - range.start)))
      throw new RegistryError('RANGE_INVALID', 'out of order')
    for await (const chunk of bytes) {
      session.bytes.push(Buffer.from(chunk))
      session.size += chunk.byteLength
    }
  }
  const blobOf = (name: string, digest: Digest): Uint8Array => {
    const bytes = blobs.get(name)?.get(digest)
    if (!bytes) throw new RegistryError('BLOB_UNKNOWN', 'no such blob')
    return bytes
  }
  const service: RegistryService = {
    isReadOnly: false,
    blobs: {
      size: async (name, digest) => blobOf(name, digest).byteLength,
      peek: () => undefined,
      open: async (name, digest) => {
        const bytes = Buffer.from(blobOf(name, digest))
        return {
          size: bytes.length,
          read: async (target, position) => bytes.copy(target, 0, position),
          close: async () => undefined,
        }
      },
      reportCorrupt: async () => undefined,
      remove: async (name, digest) => {
        blobOf(name, digest)
        blobs.get(name)?.delete(digest)
      },
      mount: async (name, digest, { from, isVisible = () => true }) => {
        for (const [other, inner] of blobs) {
          const bytes = inner.get(digest)
          if (!bytes || (from === undefined ? !(isName(other) && isVisible(other)) : from !== other)) continue
          within(blobs, name).set(digest, bytes)
          return true
        }
        return false
      },
    },
    uploads: {
      start: async (name) => {
        const id = randomUUID()
        sessions.set(id, { name, bytes: [], size: 0 })
        return { id, offset: 0 }
      },
      state: async (name, id) => ({ id, offset: sessionOf(name, id).size }),
      append: async (name, id, body) => {
        await add(name, id, body)
        return { id, offset: sessionOf(name, id).size }
      },
      finish: async (name, id, { digest, body }) => {
        if (body) await add(name, id, body)
        const bytes = Buffer.concat(sessionOf(name, id).bytes)
        sessions.delete(id)
        if (digestOf(bytes, algorithmOf(digest)) !== digest) throw new RegistryError('DIGEST_INVALID', 'other bytes')
        within(blobs, name).set(digest, bytes)
      },
      cancel: async (name, id) => {
        sessionOf(name, id)
        sessions.delete(id)
      },
      list: async () => [],
    },
    manifests: {
      peek: (name, ref) => manifests.get(name)?.get('tag' in ref ? ref.tag : ref.digest),
      get: async (name, ref) => {
        const found = manifests.get(name)?.get('tag' in ref ? ref.tag : ref.digest)
        if (!found) throw new RegistryError('MANIFEST_UNKNOWN', 'no such manifest')
        return found
      },
      put: async (name, ref, { bytes, contentType, tags = [] }) => {
        const facts = parseManifest(bytes, contentType)
        const digest = 'digest' in ref ? ref.digest : digestOf(bytes)
        if (digestOf(bytes, algorithmOf(digest)) !== digest) throw new RegistryError('DIGEST_INVALID', 'other bytes')
        const stored = { bytes, digest, mediaType: facts.mediaType }
        for (const key of [digest, ...tags, ...('tag' in ref ? [ref.tag] : [])])
          within(manifests, name).set(key, stored)
        return { digest, subject: facts.subject?.digest }
      },
      remove: async (name, ref) => {
        const inner = manifests.get(name)
        const key = 'tag' in ref ? ref.tag : ref.digest
        if (!inner?.has(key)) throw new RegistryError('MANIFEST_UNKNOWN', 'no such manifest')
        for (const [k, v] of inner) if (k === key || ('digest' in ref && v.digest === ref.digest)) inner.delete(k)
      },
    },
    tags: async (name, { count, last }) => {
      const inner = manifests.get(name)
      if (!inner) throw new RegistryError('NAME_UNKNOWN', 'no such repository')
      const all = [...inner.keys()].filter((key) => !key.includes(':') && (last === undefined || key > last)).sort()
      return { items: all.slice(0, count), next: all.length > count ? all[count - 1] : undefined }
    },
    catalog: async ({ count, last }, isVisible = () => true) => {
      const all = [...new Set([...manifests.keys(), ...blobs.keys()])]
        .filter((key) => (last === undefined || key > last) && isName(key) && isVisible(key))
        .sort()
      return { items: all.slice(0, count), next: all.length > count ? all[count - 1] : undefined }
    },
    referrers: async () => ({ items: [], next: undefined }),
    setReadOnly: async () => undefined,
    close: async () => undefined,
  }
  return service
}
