import type { LayerEntry, LayerPath } from '../layers/entry.ts'

/** What a build reads of a base besides names and modes: who has which id. Also where they lie when /etc has links to them. */
const paths: ReadonlySet<LayerPath> = new Set(
  ['etc', 'usr/etc', 'usr/lib'].flatMap((folder) => [`${folder}/passwd`, `${folder}/group`]),
)

/** Larger ones are read from the layer. */
const mostBytes = 64 * 1024

/** True for a file whose content goes with the index of its layer. */
export function isWantedFile({ path, type, size }: LayerEntry): boolean {
  return type === 'file' && size > 0 && size <= mostBytes && paths.has(path)
}

/** Those that a layer may have. */
export const wantedFiles: Iterable<LayerPath> = paths
