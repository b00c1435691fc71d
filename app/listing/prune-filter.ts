import type { GarbageOptions, RecordUse, StoredImage } from '../../builder/store/types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { suggest } from '../../shared/base/suggest.ts'
import { type Filter, onlyValue, valuesOf } from './filters.ts'
import { matchesLabels } from './label-filter.ts'
import { parseTimePoint } from './time-point.ts'

/** Keys of `ibuild prune --filter`. */
export const pruneFilterKeys: readonly string[] = ['label', 'label!', 'type', 'until']

/**
 * What prune can take beside what nothing reaches: images without a name, the build cache, compressed and extracted copies of
 * layers.
 */
type PruneKind = 'images' | 'records' | 'compressed' | 'snapshots'
const kinds: readonly PruneKind[] = ['images', 'records', 'compressed', 'snapshots']
const undated: readonly PruneKind[] = ['compressed', 'snapshots']

export interface PruneWish {
  readonly filters: readonly Filter[]
  /** The build cache too, unless the filters name kinds. */
  readonly all: boolean
  readonly now: number
}

type Choice = Pick<GarbageOptions, 'keepRecords' | 'keepUnnamed' | 'keepCompressed' | 'keepExtracted'>

/**
 * What garbage collection is to keep. `until` is when an image came into the store and when a record was last used. Only
 * images have labels: with a label nothing else is taken. Errors: USAGE.
 */
export function pruneChoice({ filters, all, now }: PruneWish): Choice {
  const until = onlyValue(filters, 'until')
  const limit = until === undefined ? Number.POSITIVE_INFINITY : parseTimePoint(until, '--filter until', now)
  const [labels, unwanted] = [valuesOf(filters, 'label'), valuesOf(filters, 'label', true)]
  const labelled = labels.length + unwanted.length > 0
  const asked = valuesOf(filters, 'type').map(kindOf)
  const timed = until !== undefined
  const usual = kinds.slice(0, !all || labelled ? 1 : timed ? 2 : 3)
  const wanted = new Set(asked.length > 0 ? asked : usual)
  checkKinds(wanted, { labelled, timed })
  return {
    keepUnnamed: !wanted.has('images') || ((image) => !(image.storedAt < limit && hasLabels(image, labels, unwanted))),
    keepRecords: !wanted.has('records') || (timed ? (use: RecordUse) => use.usedAt >= limit : false),
    keepCompressed: !wanted.has('compressed'),
    keepExtracted: !wanted.has('snapshots'),
  }
}

function hasLabels(image: StoredImage, wanted: readonly string[], unwanted: readonly string[]): boolean {
  if (wanted.length + unwanted.length === 0) return true
  return matchesLabels(image.config.config?.Labels, wanted, unwanted)
}

function kindOf(text: string): PruneKind {
  const kind = kinds.find((each) => each === text)
  if (kind !== undefined) return kind
  const similar = suggest(text, kinds)
  const meant = similar === undefined ? '' : `Did you mean ${similar}? `
  throw new IbuildError('USAGE', `--filter: unknown type ${JSON.stringify(text)}`, {
    hint: `${meant}The types are ${kinds.join(', ')}.`,
  })
}

function checkKinds(wanted: ReadonlySet<PruneKind>, { labelled, timed }: { labelled: boolean; timed: boolean }): void {
  const other = [...wanted].find((kind) => kind !== 'images')
  if (labelled && other !== undefined) {
    throw new IbuildError('USAGE', `--filter: ${other} have no labels, only images have`)
  }
  const timeless = undated.find((kind) => wanted.has(kind))
  if (timed && timeless !== undefined) {
    throw new IbuildError('USAGE', `--filter: until says nothing about ${timeless}`, {
      hint: `Prune them on their own: --filter type=${timeless}`,
    })
  }
}
