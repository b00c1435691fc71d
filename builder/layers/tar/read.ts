import type { LayerEntry, LayerPath } from '../entry.ts'
import { noContent, paddingOf, StoredContent } from './content.ts'
import { ByteCursor } from './cursor.ts'
import { blockSize, decodeHeader, isZeroBlock, numberField, type RawHeader, textField } from './header.ts'
import { invalid, shown, type TarLimits, tarLimits, unsafe } from './limits.ts'
import { type Extensions, entryOf, joinHeader, type MemberHeader, storedSize } from './member.ts'
import { checkLengths, cleanName, type LayerName, layerName } from './names.ts'
import { mergeGlobal, type PaxRecords, parsePax } from './pax.ts'
import {
  checkSparse,
  contentMap,
  expandSparse,
  oldGnuMap,
  paxSparseForm,
  recordsMap,
  type SparseMap,
} from './sparse.ts'

/** One member of an archive. `opaque` is the mark that its directory hides all that lies below in it. */
export type TarMember =
  | {
      readonly kind: 'entry'
      /** Its digest is undefined and `opaque` false: both are for the reader of the whole layer to find. */
      readonly entry: LayerEntry
      /** The content, once, before the next member is asked for; what is not read is passed over. */
      readonly body: AsyncIterable<Uint8Array>
    }
  | { readonly kind: 'opaque'; readonly path: LayerPath }

export interface TarOptions {
  readonly limits?: Partial<TarLimits>
  /** False for archives that are not layers: names that begin with `.wh.` are then ordinary. Default true. */
  readonly whiteouts?: boolean
}

/** Extension headers before one member; real archives have up to four. */
const mostExtensions = 64

/**
 * Reads a tar archive: v7, ustar, GNU and pax, with GNU sparse files expanded. Members come as they stand, with safe paths
 * ({@link cleanName}). The source is read to its end, past the end blocks, so that a digest taken on the way is that of all
 * bytes. Errors: ARCHIVE_INVALID, ARCHIVE_UNSAFE, and those of the source.
 */
export async function* readTar(
  source: AsyncIterable<Uint8Array>,
  options: TarOptions = {},
): AsyncGenerator<TarMember, void, undefined> {
  const reader = new TarReader(source, options)
  try {
    for (let member = await reader.next(); member !== undefined; member = await reader.next()) yield member
  } finally {
    await reader.close()
  }
}

class TarReader {
  readonly #cursor: ByteCursor
  readonly #limits: TarLimits
  readonly #whiteouts: boolean
  readonly #globals: PaxRecords = new Map()
  #content: StoredContent | undefined
  #entries = 0
  #total = 0
  #holes = 0

  constructor(source: AsyncIterable<Uint8Array>, options: TarOptions) {
    this.#cursor = new ByteCursor(source)
    this.#limits = tarLimits(options.limits)
    this.#whiteouts = options.whiteouts ?? true
  }

  close(): Promise<void> {
    return this.#cursor.close()
  }

  /** The next member, undefined at the end. */
  async next(): Promise<TarMember | undefined> {
    for (;;) {
      if (this.#content !== undefined && !this.#content.tryFinish()) await this.#content.finish()
      this.#content = undefined
      const header = await this.#header()
      if (header === undefined) return undefined
      if (++this.#entries > this.#limits.entries)
        throw unsafe(`more than ${this.#limits.entries} entries in the archive`)
      const member = await this.#member(header)
      if (member !== undefined) return member
    }
  }

  /** Reads extension headers up to the header that they are about. */
  async #header(): Promise<MemberHeader | undefined> {
    const extensions: Extensions = { records: undefined, longName: undefined, longLink: undefined }
    for (let count = 0; count < mostExtensions; count++) {
      const raw = await this.#block()
      if (raw === undefined) {
        if (count > 0 && Object.values(extensions).some((value) => value !== undefined))
          throw invalid('an extension header has no member')
        return undefined
      }
      if (!(await this.#extend(raw, extensions))) return joinHeader(raw, this.#withGlobals(extensions))
    }
    throw unsafe(`more than ${mostExtensions} extension headers before a member`)
  }

  /** The next header; undefined at the end blocks, or where the source ends without them. */
  async #block(): Promise<RawHeader | undefined> {
    const block = this.#cursor.tryTake(blockSize) ?? (await this.#cursor.take(blockSize))
    if (block === undefined) return undefined
    if (!isZeroBlock(block)) return decodeHeader(block)
    const second = await this.#cursor.take(blockSize)
    if (second !== undefined && !isZeroBlock(second)) throw invalid('a zero block stands between two members')
    const { trailing } = this.#limits
    if (!(await this.#cursor.drain(trailing))) throw unsafe(`more than ${trailing} bytes after the end of the archive`)
    return undefined
  }

  /** Takes in an extension header; false when it is not one. */
  async #extend(raw: RawHeader, extensions: Extensions): Promise<boolean> {
    switch (raw.type) {
      case 'x':
      case 'X':
        extensions.records = parsePax(await this.#extension(raw))
        return true
      case 'g':
        mergeGlobal(this.#globals, parsePax(await this.#extension(raw)))
        this.#checkGlobals()
        return true
      case 'L':
        extensions.longName = textField(await this.#extension(raw), 0)
        return true
      case 'K':
        extensions.longLink = textField(await this.#extension(raw), 0)
        return true
      case 'V':
        return true
      default:
        return false
    }
  }

  async #extension(raw: RawHeader): Promise<Buffer> {
    const size = numberField(raw, 'size')
    if (!(size >= 0)) throw invalid('an extension header has a malformed size')
    if (size > this.#limits.extension)
      throw unsafe(`an extension header is larger than ${this.#limits.extension} bytes`)
    return (await this.#bytes(size + paddingOf(size))).subarray(0, size)
  }

  async #bytes(count: number): Promise<Buffer> {
    const bytes = this.#cursor.tryTake(count) ?? (await this.#cursor.take(count))
    if (bytes === undefined) throw invalid('the archive is cut short')
    return bytes
  }

  #checkGlobals(): void {
    let size = 0
    for (const [key, value] of this.#globals) size += key.length + value.length
    if (size > this.#limits.extension) throw unsafe('the global headers of the archive are too large')
  }

  #withGlobals(extensions: Extensions): Extensions {
    if (this.#globals.size === 0) return extensions
    return { ...extensions, records: new Map([...this.#globals, ...(extensions.records ?? [])]) }
  }

  /** Undefined for a member that says nothing. */
  async #member(header: MemberHeader): Promise<TarMember | undefined> {
    const stored = storedSize(header, this.#limits)
    const content = stored === 0 ? undefined : new StoredContent(this.#cursor, stored)
    const map = isSparse(header) ? await this.#sparse(header, content) : undefined
    this.#content = content
    const cleaned = cleanName(header.name)
    const name: LayerName = this.#whiteouts ? layerName(cleaned) : { kind: 'entry', path: cleaned }
    if (name.kind === 'ignored') return undefined
    checkLengths(name.path, this.#limits)
    if (name.kind === 'opaque') return name
    return name.kind === 'whiteout' ? this.#whiteout(header, name.path) : this.#entry(header, name.path, map)
  }

  #whiteout(header: MemberHeader, path: LayerPath): TarMember {
    const whiteout = { type: 'whiteout', linkname: '', devMajor: 0, devMinor: 0, size: 0, dataOffset: -1 } as const
    return { kind: 'entry', entry: { ...entryOf(header, path, this.#limits), ...whiteout }, body: noContent }
  }

  #entry(header: MemberHeader, path: LayerPath, map: SparseMap | undefined): TarMember {
    const content = header.type === 'file' ? this.#content : undefined
    if (path === '' && header.type !== 'dir') throw invalid(`${shown(header.name)} is no name for a file`)
    const size = map?.size ?? content?.left ?? 0
    this.#count(size, content?.left ?? 0)
    const dataOffset = content === undefined || map !== undefined ? -1 : this.#cursor.position
    const entry = { ...entryOf(header, path, this.#limits), size, dataOffset }
    if (map !== undefined) return { kind: 'entry', entry, body: expandSparse(content, map) }
    return { kind: 'entry', entry, body: content ?? noContent }
  }

  #count(size: number, stored: number): void {
    const { total, holes, file } = this.#limits
    if (size > file) throw unsafe(`a file is larger than ${file} bytes`)
    this.#total += size
    this.#holes += size - stored
    if (this.#total > total) throw unsafe(`the files of the archive are larger than ${total} bytes together`)
    if (this.#holes > holes) throw unsafe(`the holes of sparse files are larger than ${holes} bytes together`)
  }

  /** Reads the map of a sparse file, wherever it stands. */
  async #sparse(header: MemberHeader, content: StoredContent | undefined): Promise<SparseMap> {
    const map = await this.#map(header, content)
    return checkSparse(map, content?.left ?? 0)
  }

  #map({ raw, records }: MemberHeader, content: StoredContent | undefined): SparseMap | Promise<SparseMap> {
    if (raw.type === 'S') return oldGnuMap(raw.block, () => this.#bytes(blockSize), this.#limits)
    if (records === undefined || paxSparseForm(records) === 'records') return recordsMap(records ?? new Map())
    return contentMap(records, content, this.#limits)
  }
}

function isSparse({ raw, records, type }: MemberHeader): boolean {
  return type === 'file' && (raw.type === 'S' || paxSparseForm(records) !== undefined)
}
