import type { Digest } from '../../shared/base/digest.ts'
import type { JsonObject } from '../../shared/base/json.ts'
import type { SourceListing } from '../copy/types.ts'
import type { StepFacts } from '../explain/types.ts'
import { concealText } from './conceal.ts'
import type { PreparedStep } from './prepare-step.ts'
import type { StepLayer } from './solver.ts'
import type { PlacedStep, StageScope } from './stage-scope.ts'
import { factsOf, namesOf } from './step-facts.ts'

/** Listings of a step that are no longer than this together are kept in its record, not in files of their own. */
const inlineLength = 2048

export interface StepOutcome {
  readonly key: Digest
  readonly prepared: PreparedStep
  readonly layer: StepLayer
}

/** Records what an executed step came to, with all that explains a later miss. */
export async function rememberStep(
  scope: StageScope,
  placed: PlacedStep,
  { key, prepared, layer }: StepOutcome,
): Promise<void> {
  const { records } = scope.solver.store
  const listings = keepListings(scope, prepared.listings)
  const facts = jsonOf(factsOf(scope, placed))
  const extra: JsonObject = { facts, ...(listings && { listings }), ...prepared.extra }
  const { diffID, created } = layer
  const record = { version: 1, step: concealText(placed.step.title), parts: prepared.parts, diffID, extra } as const
  await records.put(key, { ...record, created: Date.parse(created) }, namesOf(scope, placed))
}

function jsonOf({ version, position, after, base, ignore }: StepFacts): JsonObject {
  return {
    version,
    position,
    base: { ...base },
    ...(after !== undefined && { after }),
    ...(ignore !== undefined && { ignore: { ...ignore } }),
  }
}

/** Gives those that go into the record; undefined when none do. */
function keepListings({ solver }: StageScope, listings: readonly SourceListing[]): JsonObject | undefined {
  if (listings.length === 0) return undefined
  const texts = shortTexts(listings)
  if (texts !== undefined) return Object.fromEntries(texts)
  for (const { digest, pieces } of listings) solver.store.listings.put(digest, pieces())
  return undefined
}

function shortTexts(listings: readonly SourceListing[]): Map<Digest, string> | undefined {
  const texts = new Map<Digest, string>()
  let length = 0
  for (const { digest, pieces } of listings) {
    let text = ''
    for (const piece of pieces()) {
      length += piece.length
      if (length > inlineLength) return undefined
      text += piece
    }
    texts.set(digest, text)
  }
  return texts
}
