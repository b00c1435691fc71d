import { algorithmOf, type Digest, hexOf, isDigest } from '../../shared/base/digest.ts'

/**
 * What a backup consists of, in a folder and in a stream alike. Everything but the two texts is named by its digest, so that
 * what a folder has already need not be written again, and damage is found:
 *
 * ```
 * ibuild-backup.json          the format; the first of a stream
 * metadata/HEX                rows, one JSON array `[key, value]` a line, in the order of keys
 * databases/NAME/HEX          the same of another database of the data folder
 * files/HEX                   a small file of the data folder, such as a key; the manifest says which
 * blobs/ALGORITHM/AB/HEX      a blob of the registry
 * manifest.json               what belongs to the backup; written last, so that one that broke off has none
 * ```
 */
export interface BackupMember {
  readonly name: string
  /** Bytes. */
  readonly size: number
}

/** A member of a backup that is read. */
export interface ReadMember extends BackupMember {
  /** Once, and before the next member of a stream is asked for. */
  readonly bytes: AsyncIterable<Uint8Array>
}

/** A member of a backup that is made. */
export interface MadeMember extends BackupMember {
  /** Opens it: so many bytes as `size` says. Undefined when there is nothing to be read, which the backup notes. */
  open(): Promise<AsyncIterable<Uint8Array> | undefined>
  /** False once that is known, at the end of its bytes at the latest. */
  isIntact(): boolean
  /** The file that has just these bytes, where there is one. */
  readonly file?: string
}

export const headName = 'ibuild-backup.json'
export const manifestName = 'manifest.json'

/** What a name stands for. */
export type MemberKind =
  | { readonly kind: 'head' | 'manifest' }
  | { readonly kind: 'metadata' | 'file' | 'blob'; readonly digest: Digest }
  | { readonly kind: 'database'; readonly name: string; readonly digest: Digest }

/** The folders in which members lie. */
export const memberFolders = ['metadata', 'databases', 'files', 'blobs'] as const

export function metadataName(digest: Digest): string {
  return `metadata/${hexOf(digest)}`
}

export function databaseMemberName(name: string, digest: Digest): string {
  return `databases/${name}/${hexOf(digest)}`
}

/** True for what a database may be called in a backup. */
export function isDatabaseName(name: string): boolean {
  return /^[a-z](?:-?[a-z]){0,15}$/.test(name)
}

export function fileName(digest: Digest): string {
  return `files/${hexOf(digest)}`
}

export function blobName(digest: Digest): string {
  const hex = hexOf(digest)
  return `blobs/${algorithmOf(digest)}/${hex.slice(0, 2)}/${hex}`
}

/** Reads a name; undefined for one that no member has. */
export function parseMemberName(name: string): MemberKind | undefined {
  if (name === headName) return { kind: 'head' }
  if (name === manifestName) return { kind: 'manifest' }
  const [folder = '', ...rest] = name.split('/')
  if (folder === 'databases') return parseDatabaseName(rest)
  const digest = folder === 'blobs' ? `${rest[0]}:${rest[2]}` : `sha256:${rest[0]}`
  if (!isDigest(digest)) return undefined
  if (name === blobName(digest)) return { kind: 'blob', digest }
  if (name === metadataName(digest)) return { kind: 'metadata', digest }
  return name === fileName(digest) ? { kind: 'file', digest } : undefined
}

function parseDatabaseName([name = '', hex, ...more]: readonly string[]): MemberKind | undefined {
  const digest = `sha256:${hex}`
  return isDatabaseName(name) && isDigest(digest) && more.length === 0 ? { kind: 'database', name, digest } : undefined
}
