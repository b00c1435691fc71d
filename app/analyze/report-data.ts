import type { FileSize, Finding, LayerReport, SecretWarning } from '../../builder/analyze/types.ts'
import { directoryData, pathData } from '../library/path.ts'
import type { Analysis } from './analysis.ts'

/** The analysis as plain data, as docs/analyze.md describes it. `layer` restricts the lists to one. */
export function reportData(analysis: Analysis, layer: number | undefined): object {
  const { layers, totals, own, findings, secrets, complete } = analysis.report
  const isShown = (...numbers: (number | undefined)[]): boolean => layer === undefined || numbers.includes(layer)
  return {
    image: imageData(analysis),
    totals,
    own,
    layers: layers.filter(({ number }) => isShown(number)).map(layerData),
    findings: findings.filter(({ layer: at, hiddenBy }) => isShown(at, hiddenBy)).map(findingData),
    secrets: secrets.filter(({ layer: at, hiddenBy }) => isShown(at, hiddenBy)).map(secretData),
    complete,
  }
}

/** What names the image. */
export function imageData({ image, name, base }: Analysis): object {
  return { name: name ?? null, id: image.imageID, digest: image.manifestDigest, base: base ?? null }
}

/** One layer and its sums. */
export function layerData({ number, source, files, whiteouts, bytes, hidden, hides }: LayerReport): object {
  const { location } = source
  const lines = location && { file: location.file, startLine: location.startLine, endLine: location.endLine }
  return {
    layer: number,
    diffID: source.diffID,
    instruction: source.text,
    location: lines ?? null,
    ...(source.cached !== undefined && { cached: source.cached }),
    inBase: source.inBase,
    files,
    whiteouts,
    bytes,
    wastedBytes: hidden.overwritten + hidden.deleted + hidden.duplicated,
    overwrittenBytes: hidden.overwritten,
    deletedBytes: hidden.deleted,
    duplicatedBytes: hidden.duplicated,
    hidesBytes: hides,
  }
}

function findingData({ directory, examples, ...finding }: Finding): object {
  return { ...finding, ...directoryData(directory), examples: examples.map(fileData) }
}

function fileData({ path, bytes, layer }: FileSize): object {
  return { ...pathData(path), bytes, layer }
}

function secretData({ path, layer, hiddenBy }: SecretWarning): object {
  return { ...pathData(path), layer, hiddenBy: hiddenBy ?? null }
}
