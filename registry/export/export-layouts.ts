import { join } from 'node:path'
import { type Digest, parseDigest } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { eachRow } from '../../shared/rows/each-row.ts'
import { lastPart } from '../../shared/rows/row-kind.ts'
import type { RowStore } from '../../shared/rows/row-store.ts'
import { RegistryError } from '../protocol/error.ts'
import { parseName, type RepositoryName } from '../protocol/names.ts'
import { unlessUnknown } from '../protocol/unless-unknown.ts'
import type { StoredManifest } from '../service/stored-manifest.ts'
import type { RegistryService } from '../service/types.ts'
import type { BlobDriver } from '../storage/blob-types.ts'
import { manifestRows } from '../storage/rows.ts'
import { type ExportCounts, exportRepository, type ManifestExport } from './export-repository.ts'
import { type LayoutFolder, openLayout, refName } from './layout-folder.ts'

/** A repository, or one tag of it. */
export interface ExportedReference {
  readonly name: RepositoryName
  readonly tag?: string | undefined
}

export interface ExportOptions {
  /** Absolute path. */
  readonly folder: string
  /** Empty for all that there is. */
  readonly references: readonly ExportedReference[]
  /** Also manifests without a tag, referrers among them. */
  readonly isAll: boolean
  /** Copies where a hard link could be. */
  readonly isCopy: boolean
  /** Moves tags that an earlier export left elsewhere. */
  readonly isUpdate: boolean
  readonly signal?: AbortSignal | undefined
}

export interface ExportReport extends Readonly<ExportCounts> {
  /** What was not written, and why. */
  readonly left: readonly ExportNote[]
  /** Indexes that were written as they are here: without some of their manifests. */
  readonly sparse: readonly ExportNote[]
}

export interface ExportNote {
  /** `team/app:1`, `team/app@sha256:...` or a repository. */
  readonly place: string
  readonly about: string
}

export interface ExportParts {
  readonly service: RegistryService
  readonly metadata: RowStore
  readonly give: BlobDriver['give']
  /** False while the storage of another registry is taken over: its manifests without a tag cannot all be listed yet. */
  readonly isWhole: () => boolean
}

const pageSize = 1000
/** Notes of each kind in a report, at most. */
const mostNotes = 1000

/**
 * Writes OCI layouts, one for each repository, each below the folder under its name. Goes on while there are pushes: a manifest is written
 * when all of it is, and an index last of all. Nothing is overwritten, and what an earlier run wrote is found. One that is stopped
 * leaves whole layouts, and in the one that it was about no half file and no index of its own. Errors: EXPORT_REFUSED,
 * OBJECT_NOT_FOUND for a repository or tag that was asked for, DISK_FULL, the signal's reason.
 */
export async function exportLayouts(parts: ExportParts, options: ExportOptions): Promise<ExportReport> {
  const { references, isAll } = options
  if (isAll && !parts.isWhole()) {
    throw new IbuildError('EXPORT_REFUSED', 'another storage is being taken over: not all manifests are known yet', {
      hint: 'Wait until ibuild registry adopt --status says that it is done, or export without --all.',
    })
  }
  const report = { repositories: 0, tags: 0, manifests: 0, linked: 0, copied: 0, there: 0, left: [], sparse: [] }
  const run: Run = { ...parts, ...options, report }
  if (references.length === 0) {
    for await (const name of repositories(parts.service)) await exportOne(run, name, undefined)
    return report
  }
  for (const [name, tags] of byRepository(references)) await exportOne(run, name, tags)
  return report
}

interface Run extends ExportParts, ExportOptions {
  readonly report: ExportCounts & { readonly left: ExportNote[]; readonly sparse: ExportNote[] }
}

/** Tags of each repository; undefined for all. */
function byRepository(references: readonly ExportedReference[]): Map<RepositoryName, readonly string[] | undefined> {
  const found = new Map<RepositoryName, readonly string[] | undefined>()
  for (const { name, tag } of references) {
    const known = found.get(name)
    found.set(name, tag === undefined || (found.has(name) && known === undefined) ? undefined : [...(known ?? []), tag])
  }
  return found
}

async function exportOne(run: Run, name: RepositoryName, wanted: readonly string[] | undefined): Promise<void> {
  if (
    name
      .split('/')
      .slice(1)
      .some((part) => layoutNames.includes(part))
  ) {
    return note(run.report.left, name, 'a layout has a file or folder of this name')
  }
  const { service, give, isCopy, signal, report } = run
  signal?.throwIfAborted()
  const layout = await openLayout(join(run.folder, name), signal)
  const onSparse = (index: Digest, missing: Digest): void =>
    note(report.sparse, `${name}@${index}`, `without ${missing}`)
  const manifests = exportRepository({ service, give, name, layout, isCopy, signal, counts: report, onSparse })
  const index = new Map(layout.descriptors.map((descriptor) => [placeOf(descriptor), descriptor]))
  const one: One = { run, name, layout, manifests, index }
  for await (const tag of wanted ?? tagsOf(service, name)) await exportTag(one, tag, wanted !== undefined)
  if (run.isAll && wanted === undefined) await exportUntagged(one)
  await layout.finish([...index.values()])
  report.repositories++
}

/** What a layout has beside the folders of repositories below it. */
const layoutNames: readonly string[] = ['blobs', 'index.json', 'oci-layout']

interface One {
  readonly run: Run
  readonly name: RepositoryName
  readonly layout: LayoutFolder
  readonly manifests: ManifestExport
  /** What the index of the layout will have, by name or digest. */
  readonly index: Map<string, Descriptor>
}

function placeOf({ digest, annotations }: Descriptor): string {
  return annotations?.[refName] ?? digest
}

async function exportTag(one: One, tag: string, isWanted: boolean): Promise<void> {
  const { run, name, index } = one
  const manifest = await run.service.manifests.get(name, { tag }).catch(unlessUnknown)
  if (manifest === undefined && isWanted) throw notFound(`${name}:${tag}`)
  if (manifest === undefined) return // removed meanwhile
  const known = index.get(tag)
  if (known !== undefined && known.digest !== manifest.digest && !run.isUpdate) {
    throw new IbuildError('EXPORT_REFUSED', `the layout of ${name} in ${run.folder} has another image as ${tag}`)
  }
  if (!(await isWritten(one, manifest, `${name}:${tag}`))) return
  index.set(tag, { ...descriptorOf(manifest), annotations: { [refName]: tag } })
  run.report.tags++
}

async function exportUntagged(one: One): Promise<void> {
  const { run, name, index } = one
  const tagged = new Set([...index.values()].map(({ digest }) => digest))
  for await (const digest of digestsOf(run.metadata, name)) {
    const manifest = tagged.has(digest)
      ? undefined
      : await run.service.manifests.get(name, { digest }).catch(unlessUnknown)
    if (manifest === undefined || !(await isWritten(one, manifest, `${name}@${digest}`))) continue
    index.set(digest, descriptorOf(manifest))
  }
}

/** Tells of one that is not whole. */
async function isWritten({ run, manifests }: One, manifest: StoredManifest, place: string): Promise<boolean> {
  try {
    return await manifests.write(manifest)
  } catch (error) {
    const isDamage =
      error instanceof RegistryError || (error instanceof IbuildError && error.code === 'DIGEST_MISMATCH')
    if (!isDamage) throw error
    note(run.report.left, place, error.message)
    return false
  }
}

function descriptorOf({ mediaType, digest, bytes }: StoredManifest): Descriptor {
  return { mediaType, digest, size: bytes.byteLength }
}

async function* repositories({ catalog }: Pick<RegistryService, 'catalog'>): AsyncGenerator<RepositoryName> {
  for (let last: string | undefined; ; ) {
    const { items, next } = await catalog({ count: pageSize, last })
    for (const name of items) yield parseName(name)
    if (next === undefined) return
    last = next
  }
}

/** OBJECT_NOT_FOUND when there is no such repository. */
async function* tagsOf({ tags }: Pick<RegistryService, 'tags'>, name: RepositoryName): AsyncGenerator<string> {
  for (let last: string | undefined; ; ) {
    const { items, next } = await tags(name, { count: pageSize, last }).catch((error: unknown) => {
      throw unlessUnknown(error) ?? notFound(name)
    })
    yield* items
    if (next === undefined) return
    last = next
  }
}

async function* digestsOf(metadata: RowStore, name: RepositoryName): AsyncGenerator<Digest> {
  for await (const { key } of eachRow(metadata, manifestRows.prefix(name))) yield parseDigest(lastPart(key))
}

function notFound(what: string): IbuildError {
  return new IbuildError('OBJECT_NOT_FOUND', `the registry has no ${what}`, { hint: 'Look with ibuild search.' })
}

function note(notes: ExportNote[], place: string, about: string): void {
  if (notes.length < mostNotes) notes.push({ place, about })
}
