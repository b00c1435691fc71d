import type { BuildResult } from '../../builder/build-types.ts'
import type { StepExplanation } from '../../builder/explain/types.ts'
import { jsonText } from '../cli/json-text.ts'

/** Raised when a member changes its meaning or goes. */
const schema = 1

/** What `--explain=json` prints; docs/cache.md describes it. */
export function explanationJson(
  { imageID, manifestDigest, tags }: Pick<BuildResult, 'imageID' | 'manifestDigest' | 'tags'>,
  steps: readonly StepExplanation[],
): string {
  return jsonText({ schema, imageID, manifestDigest, tags, steps })
}
