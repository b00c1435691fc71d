import { IbuildError } from '../../shared/base/errors.ts'
import { decide } from '../decide/decide.ts'
import { Tally } from '../decide/tally.ts'
import { currentPolicy } from '../state/policies.ts'
import { Measure } from './measure.ts'
import type { Parts } from './parts.ts'
import { policyOf } from './policy-problems.ts'
import type { PreviewLine, PreviewOptions } from './types.ts'
import { mustKnowSigners } from './unknown-signers.ts'

/** Of plans it is asked of more: nobody waits for each of them. */
const mostMeasured = 100

/** See {@link RetentionService.preview}. */
export async function* preview(
  parts: Parts,
  { text, only, plan, within, signal }: PreviewOptions,
): AsyncGenerator<readonly PreviewLine[]> {
  const { inventory, now, readPolicy, rows } = parts
  const policy = policyOf(text ?? (await currentPolicy(rows)).text, readPolicy)
  mustKnowSigners(policy, inventory)
  const measure = new Measure(inventory, mostMeasured)
  const tally = within && new Tally()
  const decisions = decide(inventory, { ...plan, policy, now: now() })
  for await (const page of decisions) {
    if (signal?.aborted === true)
      throw new IbuildError('CANCELLED', 'the preview was cancelled', { cause: signal.reason })
    const lines: PreviewLine[] = []
    for (const decision of page) {
      if (within?.(decision.item.repository) === false) continue
      tally?.add(decision)
      measure.add(decision)
      if (only === undefined || decision.verdict === only) lines.push({ kind: 'decision', decision })
    }
    if (lines.length > 0) yield lines
  }
  yield [{ kind: 'totals', totals: await measure.totals(tally?.counts() ?? decisions.counts(), within) }]
}
