import type { LayerSource } from '../store/remote-types.ts'

/**
 * The sources of a layer by which a manifest of ours may name it. Of a layer that is here those whose blob was read or made
 * here: what some other manifest says of it is no reason to publish that in its place. Of one whose bytes are elsewhere nothing
 * else may be known; then manifests are believed as long as all of them say the same.
 */
export function believableSources(sources: readonly LayerSource[], isHere: boolean): readonly LayerSource[] {
  const checked = sources.filter((source) => source.checked === true)
  if (isHere || checked.length > 0) return checked
  return new Set(sources.map(({ digest }) => digest)).size === 1 ? sources : []
}
