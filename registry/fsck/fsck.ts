import { gcStateKey, gcStateRow, readGcState } from '../storage/gc-rows.ts'
import { createAside } from './aside.ts'
import { createBlobBytes } from './blob-bytes.ts'
import { checkBlobs, checkLinks, checkUnlinked } from './check-blobs.ts'
import { checkFiles } from './check-files.ts'
import { checkHolders, checkManifests } from './check-manifests.ts'
import { checkReferences } from './check-references.ts'
import { checkReferrers, checkRepositories } from './check-repositories.ts'
import { checkRows } from './check-rows.ts'
import { checkTags } from './check-tags.ts'
import { checkUnnamedManifests } from './check-unnamed-manifests.ts'
import { checkAside, checkDoomed, checkTemporary, checkUploads } from './check-uploads.ts'
import { checkUsage } from './check-usage.ts'
import { type FindingCode, findingCodes, type Severity } from './finding-codes.ts'
import type { Found, FsckContext, FsckOptions, FsckSummary } from './types.ts'

/**
 * Holds rows, files and each other of a registry together. Reads every row and the name of every file, manifests whole, blobs
 * only for a deep check; the memory that it takes does not grow with them, but for tables of the database, which are mapped and
 * which the system takes back when it needs room. In a repair, what is mended first lets what comes
 * later tell what is still wrong, so one run mends all that can be. Errors: those of the stores; the signal's reason.
 */
export async function runFsck(options: FsckOptions): Promise<FsckSummary> {
  const tally = new Tally()
  const context = contextOf(options, tally)
  const { repairNotice } = options
  if (repairNotice !== undefined) await context.inspect(async () => [repaired(context, repairNotice)])
  await checkRows(context)
  await checkHolders(context)
  await checkTags(context)
  await checkManifests(context)
  await checkReferrers(context)
  await checkReferences(context)
  await checkBlobs(context)
  await checkLinks(context)
  await checkUnlinked(context)
  await checkDoomed(context)
  await checkUnnamedManifests(context)
  await checkRepositories(context)
  await checkFiles(context)
  await checkUploads(context)
  await checkTemporary(context)
  await checkAside(context)
  await checkUsage(context)
  const summary = tally.summary()
  if (context.isRepair && isInOrder(summary)) await releaseGarbage(context)
  return summary
}

/** After a damage of the metadata nothing was collected. Now that all is in order, what refers to what is written down anew. */
async function releaseGarbage({ metadata }: FsckContext): Promise<void> {
  const { pass } = readGcState(await metadata.get(gcStateKey))
  if (pass === 'held') await metadata.commit({ put: [gcStateRow({ pass: 'manifests', isWhole: true })] })
}

function repaired({ layout }: FsckContext, detail: string): Found {
  return { code: 'metadata-repaired', subject: layout.metadata, detail, mend: async () => true }
}

/** True when nothing is left that anybody has to do something about. */
export function isInOrder({ loss, disorder }: FsckSummary): boolean {
  return loss.left === 0 && disorder.left === 0
}

class Tally {
  readonly #found = new Map<FindingCode, number>()
  readonly #left = new Map<FindingCode, number>()

  add(code: FindingCode, isMended: boolean): void {
    this.#found.set(code, (this.#found.get(code) ?? 0) + 1)
    if (!isMended) this.#left.set(code, this.left(code) + 1)
  }

  left(code: FindingCode): number {
    return this.#left.get(code) ?? 0
  }

  summary(): FsckSummary {
    const of = (severity: Severity): FsckSummary[Severity] => ({
      found: sum(this.#found, severity),
      left: sum(this.#left, severity),
    })
    return { loss: of('loss'), disorder: of('disorder'), leftover: of('leftover'), note: of('note') }
  }
}

function sum(counts: ReadonlyMap<FindingCode, number>, severity: Severity): number {
  return [...counts].reduce((all, [code, count]) => all + (findingCodes[code].severity === severity ? count : 0), 0)
}

function contextOf(options: FsckOptions, tally: Tally): FsckContext {
  const { metadata, layout, hashes, signal, onFinding, onProgress, recover } = options
  const { isDeep = false, isOnline = false, isRepair = false } = options
  const progress = { phase: '', done: 0 }
  const report = async (found: Found): Promise<void> => {
    const isMended = isRepair && (await found.mend?.()) === true
    const { code, subject, detail } = found
    tally.add(code, isMended)
    await onFinding({
      code,
      severity: findingCodes[code].severity,
      subject,
      ...(detail !== undefined && { detail }),
      isMended,
    })
  }
  return {
    metadata,
    layout,
    bytes: createBlobBytes(layout, { hashes, signal }),
    aside: createAside(layout),
    isDeep,
    isOnline,
    isRepair,
    recover,
    left: (code) => tally.left(code),
    step: (phase) => {
      signal?.throwIfAborted()
      progress.done = progress.phase === phase ? progress.done + 1 : 1
      progress.phase = phase
      onProgress?.(progress)
    },
    inspect: async (look) => {
      for (const found of await look()) await report(found)
    },
  }
}
