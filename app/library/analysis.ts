import type {
  FindingKind,
  HiddenHow,
  LayerReport,
  MetadataChange,
  OwnTotals,
  WasteReport,
  WasteTotals,
} from '../../builder/analyze/types.ts'
import type { Digest } from '../../shared/base/digest.ts'
import type { SourceLocation } from '../../shared/base/errors.ts'
import { directoryData, pathData } from './path.ts'

/** What the layers of an image waste. Paths are absolute; bytes of them that are no UTF-8 are replaced. */
export interface ImageAnalysis {
  /** The base first. */
  readonly layers: readonly AnalyzedLayer[]
  readonly totals: WasteTotals
  readonly own: OwnTotals
  /** The most bytes first. */
  readonly findings: readonly WasteFinding[]
  /** Files whose names say that they may hold a secret. */
  readonly secrets: readonly PossibleSecret[]
  /** False when there was more to tell than the lists take; totals are exact all the same. */
  readonly complete: boolean
}

/** One layer, what it holds and what of it is wasted. Bytes are those of file contents. */
export interface AnalyzedLayer {
  /** The base has 1. */
  readonly number: number
  readonly diffID: Digest
  /** The instruction that made it; '' when nothing tells. */
  readonly text: string
  /** Lines of the Dockerfile, of a build. */
  readonly location?: SourceLocation
  /** Whether the layer came from the cache, of a build. */
  readonly cached?: boolean
  /** It belongs to the image that this one starts from. */
  readonly inBase: boolean
  readonly files: number
  readonly whiteouts: number
  readonly bytes: number
  /** Bytes of this layer that higher layers hide, by how. */
  readonly hidden: Readonly<Record<HiddenHow, number>>
  /** Bytes of lower layers that this one hides. */
  readonly hides: number
}

/** Something that could be smaller, and how. */
export interface WasteFinding {
  readonly kind: FindingKind
  /** What the rewrite saves. */
  readonly bytes: number
  readonly files: number
  /** True when the bytes count as wasted in `totals`; a finding about visible files does not. */
  readonly wasted: boolean
  /** All layers that it speaks of belong to the base. */
  readonly inBase: boolean
  /** The layer that holds the bytes. */
  readonly layer: number
  /** The layer that hides them. */
  readonly hiddenBy?: number
  /** Of `duplicated`: what is different; nothing at all when empty. */
  readonly changes?: readonly MetadataChange[]
  /** What kind of cache the files are. */
  readonly cache?: string
  /** The innermost directory that all of the files lie in. */
  readonly directory: string
  /** Its bytes in base64, when they are no UTF-8. */
  readonly directoryBase64?: string
  /** The largest files; of `identical` the places of one content. */
  readonly examples: readonly FoundFile[]
  /** What to write instead. */
  readonly rewrite: string
}

/** A file of a layer. */
export interface FoundFile {
  readonly path: string
  /** Its bytes in base64, when they are no UTF-8. */
  readonly pathBase64?: string
  readonly bytes: number
  readonly layer: number
}

/** A file whose name says that it may hold a secret; one that is hidden is still in its layer. */
export interface PossibleSecret {
  readonly path: string
  /** Its bytes in base64, when they are no UTF-8. */
  readonly pathBase64?: string
  readonly layer: number
  readonly hiddenBy: number | undefined
}

/** A report as plain data, with paths as text. */
export function analysisOf({ layers, totals, own, findings, secrets, complete }: WasteReport): ImageAnalysis {
  const withText = <File extends { readonly path: string }>(file: File): File => ({
    ...file,
    ...pathData(file.path),
  })
  return {
    layers: layers.map(analyzedLayer),
    totals,
    own,
    findings: findings.map(({ directory, examples, ...finding }) => {
      return { ...finding, ...directoryData(directory), examples: examples.map(withText) }
    }),
    secrets: secrets.map(withText),
    complete,
  }
}

function analyzedLayer({ number, source, files, whiteouts, bytes, hidden, hides }: LayerReport): AnalyzedLayer {
  const { diffID, text, location, cached, inBase } = source
  return {
    number,
    diffID,
    text,
    ...(location !== undefined && { location }),
    ...(cached !== undefined && { cached }),
    inBase,
    files,
    whiteouts,
    bytes,
    hidden,
    hides,
  }
}
