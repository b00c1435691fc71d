import { cacheRules } from './cache-rules.ts'
import { FileGroup } from './file-group.ts'
import type { IdenticalFiles } from './identical-files.ts'
import { rewriteCache, rewriteHidden, rewriteIdentical } from './rewrite.ts'
import type { Finding, LayerSource } from './types.ts'
import type { CacheGroup, HiddenGroup } from './waste-tally.ts'

/** A finding about files that a higher layer hides. */
export function hiddenFinding(layers: readonly LayerSource[], group: HiddenGroup): Finding {
  const { how, layer, by, rule, changes } = group
  const name = cacheRules[rule]?.name
  return {
    kind: how,
    ...filesOf(group.files),
    wasted: true,
    inBase: layers[by]?.inBase === true,
    layer: layer + 1,
    hiddenBy: by + 1,
    ...(how === 'duplicated' && { changes }),
    ...(name !== undefined && { cache: name }),
    rewrite: rewriteHidden(layers, group),
  }
}

/** A finding about a cache, or about data of a version control, that is in the image. */
export function cacheFinding(layers: readonly LayerSource[], group: CacheGroup): Finding {
  const rule = cacheRules[group.rule]
  return {
    kind: rule?.kind ?? 'cache',
    ...filesOf(group.files),
    wasted: false,
    inBase: layers[group.origin]?.inBase === true,
    layer: group.layer + 1,
    ...(rule !== undefined && { cache: rule.name }),
    rewrite: rewriteCache(layers, group),
  }
}

/** A finding about one content in several places. */
export function identicalFinding(layers: readonly LayerSource[], found: IdenticalFiles): Finding {
  const group = new FileGroup()
  for (const place of found.places) group.add(place)
  return {
    kind: 'identical',
    ...filesOf(group),
    bytes: found.size * (found.count - 1),
    files: found.count,
    wasted: false,
    inBase: found.places.every((place) => layers[place.layer]?.inBase === true),
    layer: found.layer + 1,
    rewrite: rewriteIdentical(layers, found.layer),
  }
}

function filesOf({
  bytes,
  files,
  directory,
  examples,
}: FileGroup): Pick<Finding, 'bytes' | 'files' | 'directory' | 'examples'> {
  return { bytes, files, directory, examples: examples.map((file) => ({ ...file, layer: file.layer + 1 })) }
}

/** The most bytes first; equal ones by layer and directory. */
export function compareFindings(a: Finding, b: Finding): number {
  return (
    b.bytes - a.bytes || a.layer - b.layer || (a.hiddenBy ?? 0) - (b.hiddenBy ?? 0) || (keyOf(a) < keyOf(b) ? -1 : 1)
  )
}

function keyOf({ kind, cache = '', changes = [], directory, examples }: Finding): string {
  return [kind, cache, changes.join(), directory, examples[0]?.path ?? ''].join('\0')
}
