import type { BuildResult } from '../../builder/build-types.ts'
import type { StepExplanation } from '../../builder/explain/types.ts'
import { jsonText } from '../cli/json-text.ts'

/** Raised when a member changes its meaning or goes. */
const schema = 1

/** What `--explain=json` prints; docs/cache.md describes it. Without a result the build failed. */
export function explanationJson(
  result: Pick<BuildResult, 'imageID' | 'manifestDigest' | 'tags'> | undefined,
  steps: readonly StepExplanation[],
): string {
  const { imageID = null, manifestDigest = null, tags = [] } = result ?? {}
  return jsonText({ schema, imageID, manifestDigest, tags, steps })
}
