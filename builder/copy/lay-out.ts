import { digestOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { isArchive, openArchive } from '../context/archive.ts'
import { bytesOf } from '../context/byte-text.ts'
import { baseOf, joinPath, type LayerEntry, type LayerPath, parentOf } from '../layers/entry.ts'
import { isWithin } from '../layers/index-types.ts'
import { plainDirectory } from '../layers/plain-directory.ts'
import { resolvePath } from '../layers/resolve.ts'
import { sameDirectory } from '../layers/same-directory.ts'
import { type ModeChange, parseModeChange } from './chmod.ts'
import { type Owner, resolveOwner } from './chown.ts'
import { destinationOf } from './destination.ts'
import { located, locatedItems, locatedPieces, locatedSync } from './located.ts'
import { type NewDirectory, type StagedContent, Staging, type TailMember } from './staging.ts'
import type { CopyPlan, CopySelection, LayOutOptions, SelectedSource } from './types.ts'
import { unpackArchive } from './unpack.ts'

/**
 * Places selected sources in the target (1.9 C04-C08, 1.10 AD05). Errors: COPY_DESTINATION, USER_UNKNOWN, SYMLINK_LOOP,
 * those of archives and of the target.
 */
export function layOut(selection: CopySelection, options: LayOutOptions): Promise<CopyPlan> {
  return located(selection.request.location, () => layOutAll(selection, options))
}

async function layOutAll(selection: CopySelection, options: LayOutOptions): Promise<CopyPlan> {
  const copier = await createCopier(selection, options)
  try {
    copier.checkDestination()
    const members = copier.placeAlone() ?? (await placeAll(copier, selection))
    return { members, keyParts: selection.keyParts, close: () => copier.close() }
  } catch (error) {
    copier.close()
    throw error
  }
}

async function placeAll(copier: Copier, { request, sources }: CopySelection): Promise<CopyPlan['members']> {
  for (const [index, source] of sources.entries()) await copier.place(source, index)
  for (const file of request.inlineFiles) copier.placeInline(file.name, file.content)
  return { [Symbol.iterator]: () => copier.staging.members() }
}

async function createCopier(selection: CopySelection, options: LayOutOptions): Promise<Copier> {
  const { chown, chmod, location } = selection.request
  const owner = chown === undefined ? undefined : await resolveOwner(chown, options.target, location)
  return new Copier(selection, options, {
    owner,
    mode: chmod === undefined ? undefined : parseModeChange(chmod, location),
  })
}

interface Changes {
  readonly owner: Owner | undefined
  readonly mode: ModeChange | undefined
}

class Copier {
  readonly staging: Staging
  readonly #selection: CopySelection
  readonly #options: LayOutOptions
  readonly #changes: Changes
  readonly #onTheWay: NewDirectory
  readonly #closers: (() => void)[] = []

  constructor(selection: CopySelection, options: LayOutOptions, changes: Changes) {
    this.staging = new Staging(options.target, selection.request.location, options.temporary)
    this.#selection = selection
    this.#options = options
    this.#changes = changes
    this.#onTheWay = {
      mode: (changes.mode?.fixed ?? 0o755) & 0o777,
      uid: changes.owner?.uid ?? 0,
      gid: changes.owner?.gid,
      mtime: options.mtime,
      exactMode: false,
    }
  }

  close(): void {
    this.staging.close()
    for (const close of this.#closers.splice(0)) close()
  }

  /** Several sources that would overwrite each other at one new path. */
  checkDestination(): void {
    const { request, sources } = this.#selection
    const { path, isDirectory } = destinationOf(request)
    const count = sources.length + request.inlineFiles.length
    if (isDirectory || count < 2) return
    if (request.inlineFiles.length === 0 && sources.every(({ entry }) => entry.type === 'dir')) return
    if (resolvePath(this.staging, path, { followLast: true }).entry?.type === 'dir') return
    const shown = JSON.stringify(request.destination)
    throw new IbuildError(
      'COPY_DESTINATION',
      `${request.kind} of several sources needs a directory, and ${shown} is none`,
      {
        location: request.location,
        hint: `End the destination with a slash: ${request.destination}/`,
      },
    )
  }

  async place(source: SelectedSource, index: number): Promise<void> {
    const { request } = this.#selection
    const unpacks = request.unpack ?? request.kind === 'ADD'
    if (unpacks && source.entry.type === 'file' && (await this.#unpack(source))) return
    const to = this.#targetOf(source.entry.type === 'dir' ? undefined : baseOf(source.named))
    if (source.entry.type !== 'dir') {
      this.#put(source.entry, to, { group: String(index), content: () => this.#contentOf(source.entry.path) })
      return
    }
    this.#mergeTop(source.entry, to)
    const prefix = prefixOf(source.path)
    // One function for all files of a directory: what is at a path came from the same path in it.
    const cut = prefixOf(to)
    const content: StagedContent = ({ path }) => this.#contentOf(joinPath(source.path, path.slice(cut)))
    for (const entry of source.below) {
      this.#put(entry, joinPath(to, entry.path.slice(prefix)), { group: String(index), content })
    }
  }

  /**
   * The members of the most usual case: a directory is the only source, and no file in it has several names. What is in it
   * then comes after all else and in its own order, so it is not kept. Undefined for any other case.
   */
  placeAlone(): CopyPlan['members'] | undefined {
    const { request, sources } = this.#selection
    const [source] = sources
    if (source?.entry.type !== 'dir' || sources.length > 1 || request.inlineFiles.length > 0) return undefined
    if (request.source.mayLink?.() !== false) return undefined
    const to = this.#targetOf(undefined)
    this.#mergeTop(source.entry, to)
    const tail = (): Iterable<TailMember> => locatedItems(request.location, this.#tail(source, to))
    return { [Symbol.iterator]: () => this.staging.members(tail()) }
  }

  *#tail(source: SelectedSource, to: LayerPath): Generator<TailMember> {
    const prefix = prefixOf(source.path)
    // The outermost directory around that is new: nothing of the target can be seen in it.
    let fresh = this.staging.hidesBelow(to) ? to : undefined
    for (const below of source.below) {
      const path = joinPath(to, below.path.slice(prefix))
      if (fresh !== undefined && !isWithin(fresh, path)) fresh = undefined
      const existing = fresh === undefined ? this.staging.lstat(path) : undefined
      const entry = this.#entryAt(below, path, existing)
      this.staging.refuseReserved(path)
      if (entry.type !== 'dir') yield this.#tailMember(entry, below.path)
      else {
        if (existing === undefined) fresh ??= path
        yield { entry, isIdle: existing !== undefined && sameDirectory(entry, existing) }
      }
    }
  }

  #tailMember(entry: LayerEntry, from: LayerPath): TailMember {
    if (entry.type !== 'file' || entry.size === 0) return { entry, isIdle: false }
    return { entry, isIdle: false, content: () => this.#contentOf(from) }
  }

  placeInline(name: string, content: string): void {
    const bytes = Buffer.from(content)
    const to = this.#targetOf(baseOf(bytesOf(name)))
    this.#refuseDirectory(to)
    const plain = { ...plainDirectory(to), type: 'file' as const, mode: 0o644, mtime: this.#options.mtime }
    const entry = this.#changed({ ...plain, size: bytes.length, digest: digestOf(bytes) })
    this.staging.put(bytes.length === 0 ? { entry } : { entry, content: bytes })
  }

  /** Where something goes, with the directories above it made. `name` is undefined for a directory. */
  #targetOf(name: string | undefined): LayerPath {
    const { path, isDirectory } = destinationOf(this.#selection.request)
    if (isDirectory) this.#makeDirectories(resolvePath(this.staging, path, { followLast: true }).path)
    const resolved = resolvePath(this.staging, path, { followLast: true })
    if (name === undefined) {
      this.#makeDirectories(resolved.entry === undefined ? resolved.path : parentOf(resolved.path))
      return resolved.path
    }
    const to = resolved.entry?.type === 'dir' ? joinPath(resolved.path, name) : resolved.path
    this.#makeDirectories(parentOf(to))
    return to
  }

  #makeDirectories(path: LayerPath): void {
    this.staging.makeDirectories(path, this.#onTheWay)
  }

  /** The directory that takes a directory's contents keeps its own metadata; only its time becomes that of the source. */
  #mergeTop(source: LayerEntry, to: LayerPath): void {
    const existing = this.staging.lstat(to)
    if (existing === undefined) return
    if (existing.type !== 'dir') throw this.staging.refuse(to, 'it is not a directory')
    this.staging.put({ entry: { ...existing, mtime: source.mtime, opaque: false, dataOffset: -1 } })
  }

  #put(
    source: LayerEntry,
    to: LayerPath,
    { group, content }: { readonly group: string; readonly content: StagedContent },
  ): void {
    const entry = this.#entryAt(source, to, this.staging.lstat(to))
    if (source.type !== 'file') {
      this.staging.put({ entry })
      return
    }
    const tree = this.#selection.request.source
    const links = tree.linkGroup(source.path)
    const linkGroup = links === undefined ? undefined : `${group} ${links}`
    this.staging.put({
      entry,
      linkGroup,
      ...(source.size > 0 && { content }),
    })
  }

  /** The entry as it comes to a path where something is already, or nothing. */
  #entryAt(source: LayerEntry, to: LayerPath, existing: LayerEntry | undefined): LayerEntry {
    const entry = { ...this.#changed(source), path: to }
    if (source.type !== 'dir') {
      if (to === '' || existing?.type === 'dir') throw this.staging.refuse(to, 'it is a directory')
      return entry
    }
    if (existing !== undefined && existing.type !== 'dir') throw this.staging.refuse(to, 'it is not a directory')
    return existing === undefined ? entry : { ...entry, xattrs: mergeXattrs(existing.xattrs, source.xattrs) }
  }

  #contentOf(path: LayerPath): Uint8Array | AsyncIterable<Uint8Array> {
    const { source, location } = this.#selection.request
    const whole = locatedSync(location, () => source.read?.(path))
    return whole ?? locatedPieces(location, source.open(path))
  }

  #refuseDirectory(to: LayerPath): void {
    if (to === '' || this.staging.lstat(to)?.type === 'dir') throw this.staging.refuse(to, 'it is a directory')
  }

  /** With what --chown and --chmod say; links have no mode. */
  #changed(entry: LayerEntry): LayerEntry {
    const { owner, mode } = this.#changes
    const isLink = entry.type === 'symlink'
    const newMode = mode === undefined || isLink ? entry.mode : mode.apply(entry.mode, entry.type === 'dir')
    return { ...entry, ...owner, mode: newMode, opaque: false, dataOffset: -1 }
  }

  /** False when the file is no archive. */
  async #unpack(source: SelectedSource): Promise<boolean> {
    const tree = this.#selection.request.source
    if (!(await isArchive(tree, source.path))) return false
    const archive = await openArchive(tree, source.path, this.#options.temporary)
    this.#closers.push(() => archive.close())
    const { path } = destinationOf(this.#selection.request)
    const directory = resolvePath(this.staging, path, { followLast: true }).path
    this.staging.makeDirectories(directory, { ...this.#onTheWay, mode: 0o755 })
    const { target, mtime } = this.#options
    unpackArchive(archive, { staging: this.staging, target, directory, owner: this.#changes.owner, mtime })
    return true
  }
}

function prefixOf(directory: LayerPath): number {
  return directory === '' ? 0 : directory.length + 1
}

function mergeXattrs(
  below: ReadonlyMap<string, Uint8Array>,
  above: ReadonlyMap<string, Uint8Array>,
): ReadonlyMap<string, Uint8Array> {
  if (below.size === 0 || above.size === 0) return below.size === 0 ? above : below
  return new Map([...below, ...above].sort(([a], [b]) => (a < b ? -1 : 1)))
}
