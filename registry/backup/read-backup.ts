import type { Digest } from '../../shared/base/digest.ts'
import type { IbuildError } from '../../shared/base/errors.ts'
import { inParallel } from '../../shared/base/in-parallel.ts'
import type { Row } from '../../shared/rows/row-store.ts'
import { registryDatabase } from '../storage/level-metadata.ts'
import { checkFormat } from './check-format.ts'
import { CheckedContent, fail, invalid, verified, wholeOf } from './checked-content.ts'
import { DatabaseReader, type DatabaseTarget } from './database-reader.ts'
import { backupLimits } from './limits.ts'
import { type BackupManifest, checkHead, parseManifestText } from './manifest.ts'
import { parseMemberName, type ReadMember } from './members.ts'
import type { RootFile } from './root-files.ts'
import { blobOf, parsePiece } from './row-pieces.ts'

/** Takes what a backup has. What rejects here ends the reading, but for a blob's own damage. */
export interface BackupTarget extends DatabaseTarget {
  rows(rows: readonly Row[]): Promise<void>
  /** Reads all bytes; when these reject nothing of the blob is to be left. */
  blob(digest: Digest, bytes: AsyncIterable<Uint8Array>): Promise<void>
  files(files: readonly RootFile[]): Promise<void>
}

export interface ReadOptions {
  /** Blobs that are worked on at a time; 1 for a stream, whose members come one after the other. */
  readonly atOnce: number
  /** Goes on when blobs are damaged or missing, and does not fail. */
  readonly skipsDamaged?: boolean
  readonly signal?: AbortSignal | undefined
  /** Is told of bytes of blobs that were read. */
  readonly onBytes?: (bytes: number) => void
}

/** What a backup was found to have. */
export interface ReadReport {
  readonly manifest: BackupManifest
  /** Blobs that are whole. */
  readonly blobs: { readonly count: number; readonly bytes: number }
  /** That the registry did not have whole when the backup was made. */
  readonly missing: readonly Digest[]
  /** That the backup should have, and has not whole. */
  readonly damaged: readonly Digest[]
}

/** Keeps nothing: to look whether a backup is whole. */
export const noTarget: BackupTarget = {
  rows: async () => undefined,
  database: async () => undefined,
  blob: async (_digest, bytes) => {
    for await (const _ of bytes);
  },
  files: async () => undefined,
}

/**
 * Reads a backup and verifies all of it by digests, whoever made it: names that no member has, members that come twice or in
 * another order, sizes beyond the bounds and rows that are none are refused. The target has taken all but the blobs of
 * `damaged` and `missing` when this resolves. Errors: BACKUP_INVALID, and those of source and target.
 */
export async function readBackup(
  members: AsyncIterable<ReadMember>,
  target: BackupTarget,
  options: ReadOptions,
): Promise<ReadReport> {
  const reader = new BackupReader(target, options)
  let waiting: ReadMember[] = []
  for await (const member of members) {
    options.signal?.throwIfAborted()
    if (reader.begins(member)) waiting.push(member)
    else await reader.take(member)
    if (waiting.length < (options.atOnce === 1 ? 1 : batch)) continue
    await reader.takeBlobs(waiting)
    waiting = []
  }
  await reader.takeBlobs(waiting)
  return reader.finish()
}

const batch = 64

class BackupReader {
  readonly #target: BackupTarget
  readonly #options: ReadOptions
  #hasHead = false
  #manifest: BackupManifest | undefined
  #lastKey: string | undefined
  #rows = 0
  #hasBlobs = false
  readonly #metadata: Digest[] = []
  readonly #databases: DatabaseReader
  readonly #files = new Map<Digest, Uint8Array>()
  #fileBytes = 0
  /** Blobs that the rows name: their sizes, until they are there. */
  readonly #wanted = new Map<Digest, number | 'there' | 'damaged'>()
  readonly #blobs = { count: 0, bytes: 0 }

  constructor(target: BackupTarget, options: ReadOptions) {
    this.#target = target
    this.#databases = new DatabaseReader(target)
    this.#options = options
  }

  /** True for a blob where one may come: it is for {@link takeBlobs}, and no rows come behind it. */
  begins({ name }: ReadMember): boolean {
    const isBlob = this.#hasHead && this.#manifest === undefined && parseMemberName(name)?.kind === 'blob'
    this.#hasBlobs ||= isBlob
    return isBlob
  }

  async take(member: ReadMember): Promise<void> {
    const kind = parseMemberName(member.name)
    if (kind === undefined) throw invalid(`the backup has ${shown(member.name)}, which no backup has`)
    if (kind.kind !== 'head' && !this.#hasHead) throw invalid('this is no backup: its first part is missing')
    if (this.#manifest !== undefined) throw invalid('something follows the end of the backup')
    switch (kind.kind) {
      case 'head':
        return this.#takeHead(member)
      case 'metadata':
        return this.#takeRows(kind.digest, member)
      case 'database':
        if (this.#hasBlobs) throw behindBlobs()
        return this.#databases.take(kind, member)
      case 'file':
        return this.#takeFile(kind.digest, member)
      case 'blob':
        return this.takeBlobs([member])
      case 'manifest':
        this.#manifest = parseManifestText(await wholeOf(member, backupLimits.text))
    }
  }

  async takeBlobs(members: readonly ReadMember[]): Promise<void> {
    const { atOnce, signal } = this.#options
    await inParallel(members, { atOnce, signal }, (member) => this.#takeBlob(member))
  }

  /** Holds what came against what the manifest says. */
  async finish(): Promise<ReadReport> {
    const manifest = this.#manifest
    if (manifest === undefined)
      throw invalid(this.#hasHead ? 'the backup is cut short: its end is missing' : 'this is no backup')
    if (manifest.metadata.join() !== this.#metadata.join() || manifest.rows !== this.#rows)
      throw invalid('the backup has not the metadata that it should have')
    this.#databases.finish(manifest.databases)
    await this.#target.files(manifest.files.map((file) => ({ ...file, bytes: this.#fileOf(file.digest) })))
    return this.#report(manifest)
  }

  #report(manifest: BackupManifest): ReadReport {
    if (manifest.blobs.count !== this.#wanted.size) throw invalid('the manifest of the backup does not fit its rows')
    const never = new Set(manifest.damaged)
    const absent = [...this.#wanted].filter(([, state]) => state !== 'there').map(([digest]) => digest)
    const [missing, damaged] = [absent.filter((one) => never.has(one)), absent.filter((one) => !never.has(one))]
    if (damaged.length > 0 && this.#options.skipsDamaged !== true) throw lacking(damaged)
    return { manifest, blobs: this.#blobs, missing, damaged }
  }

  async #takeHead(member: ReadMember): Promise<void> {
    if (this.#hasHead) throw twice(member)
    checkHead(await wholeOf(member, backupLimits.text))
    this.#hasHead = true
  }

  async #takeRows(digest: Digest, member: ReadMember): Promise<void> {
    if (this.#hasBlobs) throw behindBlobs()
    const bytes = await verified(digest, member, backupLimits.largestPiece)
    const rows = parsePiece(bytes, this.#lastKey)
    this.#lastKey = rows.at(-1)?.key ?? this.#lastKey
    this.#rows += rows.length
    this.#metadata.push(digest)
    checkFormat(rows, registryDatabase)
    for (const blob of rows.map(blobOf)) if (blob !== undefined) this.#wanted.set(blob.digest, blob.size)
    await this.#target.rows(rows)
  }

  async #takeFile(digest: Digest, member: ReadMember): Promise<void> {
    if (this.#files.has(digest)) throw twice(member)
    const bytes = await verified(digest, member, backupLimits.file)
    this.#fileBytes += bytes.byteLength
    if (this.#fileBytes > backupLimits.files || this.#files.size >= backupLimits.fileCount)
      throw invalid('the backup has too many files')
    this.#files.set(digest, bytes)
  }

  #fileOf(digest: Digest): Uint8Array {
    return this.#files.get(digest) ?? fail(`the backup has no file ${digest}`)
  }

  /** One that no row names is passed over: a folder has such of a backup that broke off. */
  async #takeBlob(member: ReadMember): Promise<void> {
    const kind = parseMemberName(member.name)
    if (kind?.kind !== 'blob') return
    const { digest } = kind
    const wanted = this.#wanted.get(digest)
    if (wanted === undefined) return
    if (typeof wanted === 'string') throw twice(member)
    this.#wanted.set(digest, 'damaged')
    const content = new CheckedContent(digest, wanted, member.bytes)
    try {
      await this.#target.blob(digest, content)
    } catch (error) {
      if (error !== content.failure) throw error
      return
    }
    this.#wanted.set(digest, 'there')
    this.#blobs.count++
    this.#blobs.bytes += wanted
    this.#options.onBytes?.(wanted)
  }
}

function behindBlobs(): IbuildError {
  return invalid('the backup has metadata behind blobs')
}

function lacking(damaged: readonly Digest[]): IbuildError {
  const some = damaged.slice(0, 3).join(', ')
  return invalid(
    `${damaged.length === 1 ? 'a blob of the backup is' : `${damaged.length} blobs of the backup are`} missing or damaged: ${some}${damaged.length > 3 ? ', ...' : ''}`,
    'With --skip-damaged all others are restored; who pushes these again heals them.',
  )
}

function twice({ name }: ReadMember): IbuildError {
  return invalid(`${shown(name)} comes twice in the backup`)
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 120))
}
