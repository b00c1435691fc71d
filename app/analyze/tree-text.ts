import type { LayerTree, TreeNode } from '../../builder/analyze/layer-tree.ts'
import type { LayerReport, TreeChange } from '../../builder/analyze/types.ts'
import { baseOf } from '../../builder/layers/entry.ts'
import { pathText } from '../cli/path-text.ts'
import { formatSize } from '../cli/sizes.ts'
import { cutText } from '../cli/table.ts'
import { pathData } from '../library/path.ts'
import { sanitize } from '../progress/sanitize.ts'

/** Lines of a tree that are shown at most, and entries of it in JSON. */
export const mostLines = 1000
export const mostEntries = 50_000

const marks: Readonly<Record<TreeChange, string>> = {
  added: '+',
  changed: 'M',
  metadata: 'm',
  same: '=',
  deleted: '-',
  way: ' ',
}

/** The tree of a layer for a person. */
export function* treeLines(layer: LayerReport, tree: LayerTree): Generator<string> {
  const text = cutText(sanitize(layer.source.text.replaceAll(/\s+/g, ' ')), 80)
  yield `layer ${layer.number}  ${layer.source.diffID}\n`
  if (text !== '') yield `${text}\n`
  yield '+ added  M content changed  m only owner, mode, time or attributes changed  = stored again as it was  - deleted\n\n'
  yield `${'SIZE'.padStart(9)} ${'HIDDEN'.padStart(9)}\n`
  for (const node of tree.nodes) yield nodeLine(node)
  yield `${sizeText(tree.bytes)} ${sizeText(tree.hiddenBytes)}   in ${tree.paths} paths\n`
  const left = tree.paths - tree.nodes.length
  if (left > 0) yield `${left} deeper ones are not listed: use --depth, or --json for up to ${mostEntries}\n`
}

function nodeLine({ path, depth, type, change, linkname, bytes, hiddenBytes, left }: TreeNode): string {
  const name = pathText(baseOf(path)).slice(1)
  const end = type === 'dir' ? '/' : type === 'symlink' || type === 'hardlink' ? ` -> ${linkText(type, linkname)}` : ''
  const more = left > 0 ? `  (and ${left} in it)` : ''
  return `${sizeText(bytes)} ${sizeText(hiddenBytes)} ${marks[change]} ${'  '.repeat(depth - 1)}${name}${end}${more}\n`
}

function linkText(type: 'symlink' | 'hardlink', linkname: string): string {
  return type === 'hardlink' ? pathText(linkname) : pathText(linkname).slice(1)
}

function sizeText(bytes: number): string {
  return (bytes === 0 ? '' : formatSize(bytes)).padStart(9)
}

/** The tree of a layer as plain data, as docs/analyze.md describes it. */
export function treeData({ nodes, bytes, hiddenBytes, paths }: LayerTree): object {
  const entries = nodes.map(({ path, depth: _depth, linkname, ...fields }) => ({
    ...pathData(path),
    ...fields,
    ...(linkname !== '' && { linkname: pathText(linkname).slice(1) }),
  }))
  return { bytes, hiddenBytes, paths, entries, complete: nodes.length === paths }
}
