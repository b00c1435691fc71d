import type { Finding } from '../../builder/analyze/types.ts'
import { pathText } from '../cli/path-text.ts'

/** What a finding is about, in one line. */
export function describeFinding(finding: Finding): string {
  const { kind, files, layer, hiddenBy, cache, changes = [] } = finding
  const what = `${files} ${files === 1 ? 'file' : 'files'}${cache === undefined ? '' : ` of ${cache}`}`
  switch (kind) {
    case 'deleted':
      return `${what} of layer ${layer} deleted by layer ${hiddenBy}: ${placeText(finding)}`
    case 'overwritten':
      return `${what} of layer ${layer} overwritten by layer ${hiddenBy}: ${placeText(finding)}`
    case 'duplicated':
      return `${what} of layer ${layer} stored again by layer ${hiddenBy}, ${changesText(changes)}: ${placeText(finding)}`
    case 'cache':
    case 'vcs':
      return `${what} in layer ${layer}: ${placeText(finding)}`
    case 'identical':
      return `the same content in ${files} files: ${placesText(finding)}`
  }
}

function changesText(changes: readonly string[]): string {
  return changes.length === 0 ? 'with nothing changed' : `with another ${changes.join(' and ')}`
}

/** The only file, or the directory of all and the largest. */
function placeText({ files, directory, examples }: Finding): string {
  const [largest] = examples
  if (files === 1 && largest !== undefined) return pathText(largest.path)
  return pathText(directory)
}

function placesText({ files, examples }: Finding): string {
  const shown = examples.slice(0, 3).map(({ path }) => pathText(path))
  return `${shown.join(', ')}${files > shown.length ? ', ...' : ''}`
}
