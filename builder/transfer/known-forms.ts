import type { Digest } from '../../shared/base/digest.ts'
import type { Reference } from '../../shared/base/reference.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { layerCompression } from '../../shared/oci/media-types.ts'
import type { CompressionFormat } from '../layers/compress/choice.ts'
import type { LayerSource } from '../store/remote-types.ts'

/** What a layer that is published has to be like. */
export interface WantedForm {
  /** `any` takes what the layer has been pulled or sent as, but for zstd of our own: not every docker reads it. */
  readonly compression: CompressionFormat | 'any'
  /** Only when it was asked for: then what others compressed will not do. */
  readonly level?: number | undefined
}

/** A form in which registries have a layer. */
export interface KnownForm {
  readonly descriptor: Descriptor
  /** True when the target itself has had it. */
  readonly isKnown: boolean
  /** Repositories of the same host that had it, the target itself left out. */
  readonly mountFrom: readonly string[]
  /** The nearest place from which it can be read. */
  readonly source: LayerSource
}

/** A registry is asked for no more than so many forms of one layer. */
const mostForms = 3

/**
 * The forms of a layer that a repository may have or get without bytes, the likeliest first: those that it has had, those of
 * its host, then others.
 */
export function knownForms(
  sources: readonly LayerSource[],
  target: Pick<Reference, 'domain' | 'path'>,
  wanted: WantedForm,
): KnownForm[] {
  const forms = new Map<Digest, KnownForm & { rank: number }>()
  for (const source of sources.filter((each) => isWanted(each, wanted))) {
    const rank = distance(source, target)
    const before = forms.get(source.digest)
    const mountFrom = [...(before?.mountFrom ?? []), ...(rank === 1 ? [source.path] : [])]
    const nearest = before === undefined || rank < before.rank ? { source, rank, isKnown: rank === 0 } : before
    forms.set(source.digest, { ...nearest, descriptor: descriptorOf(source), mountFrom: mountFrom.slice(0, 3) })
  }
  return [...forms.values()].sort((a, b) => a.rank - b.rank).slice(0, mostForms)
}

function isWanted({ mediaType, made }: LayerSource, { compression, level }: WantedForm): boolean {
  if (level !== undefined) return made?.format === compression && made.level === level
  if (compression === 'any') return made?.format !== 'zstd'
  return layerCompression(mediaType) === compression
}

/** 0: the repository itself; 1: its host; 2: elsewhere. */
function distance({ domain, path }: LayerSource, target: Pick<Reference, 'domain' | 'path'>): number {
  if (domain !== target.domain) return 2
  return path === target.path ? 0 : 1
}

function descriptorOf({ mediaType, digest, size }: LayerSource): Descriptor {
  return { mediaType, digest, size }
}
