import { IbuildError } from '../../shared/base/errors.ts'
import { guardOf, guardsOf } from '../decide/guards.ts'
import { wantsOf } from '../decide/wants.ts'
import type { ItemName } from '../facts.ts'
import type { Policy } from '../policy/types.ts'
import { auditChange } from '../state/audit.ts'
import { merged } from '../state/changes.ts'
import { itemRow } from '../state/plans.ts'
import { currentPolicy } from '../state/policies.ts'
import { runChange } from '../state/runs.ts'
import type { StoredItem, StoredRun } from '../state/types.ts'
import { endRun, newRun } from './applier.ts'
import { applyChunk } from './apply-chunk.ts'
import type { Parts } from './parts.ts'
import { policyOf } from './policy-problems.ts'

/** Names that are removed at once: more than an image has. */
const mostNames = 1000

/**
 * Removes items that somebody names, whatever rules say of them, as a run without a plan. Nothing goes when a hold, a rule of what is
 * immutable, a use or a signature speaks against one of them; what comes to be guarded while they go stays, and counts as drifted. Errors:
 * OBJECT_NOT_FOUND, RETENTION_GUARDED; those of the inventory and the rows.
 */
export async function removeNamed(parts: Parts, names: readonly ItemName[], by: string): Promise<StoredRun> {
  const { rows, readPolicy, newID, now, log } = parts
  if (names.length === 0 || names.length > mostNames)
    throw new IbuildError('USAGE', `${names.length} items are named: name 1 to ${mostNames}`)
  const policy = policyOf((await currentPolicy(rows)).text, readPolicy)
  const items: StoredItem[] = []
  for (const name of names) items.push(await itemNamed(parts, name, { policy, by, number: items.length + 1 }))
  const [id, at] = [newID(), now()]
  const run = newRun({ id, planId: '', at, by, cause: 'named', mode: policy.mode })
  const begun = auditChange({ at, by, action: 'apply', about: { run: id, named: items.length } })
  await rows.commit(merged([runChange(run), begun]))
  const chunk = items.map((item) => ({ key: itemRow(id, item, item.pushedAt).key, item }))
  const options = { run, policy, stillGoes: () => true, by }
  const after = await parts.turn(async () => applyChunk(parts, chunk, options))
  const { ended, about } = await endRun(parts, after.state === 'running' ? { ...after, state: 'done' } : after, {})
  log.info('items were removed that somebody named', { by, ...about })
  return ended
}

interface Naming {
  readonly policy: Policy
  readonly by: string
  readonly number: number
}

async function itemNamed(
  { inventory, now }: Parts,
  name: ItemName,
  { policy, by, number }: Naming,
): Promise<StoredItem> {
  const facts = await inventory.item(name, wantsOf(policy, name.repository))
  if (facts === undefined) throw new IbuildError('OBJECT_NOT_FOUND', `${inventory.source} has no ${textOf(name)}`)
  const guarded = guardOf(facts, guardsOf(policy, facts.repository, now()))
  if (guarded !== undefined) {
    const message = `${textOf(name)} stays (${guarded.reason}): ${guarded.about}`
    throw new IbuildError('RETENTION_GUARDED', message)
  }
  const { kind, repository, digest, size, pushedAt, pulledAt, signedBy = [] } = facts
  const why = { reason: 'DELETE_UNUSED', rule: 'named', about: `${by} named it` } as const
  return {
    kind,
    repository,
    name: facts.name,
    digest,
    size,
    pushedAt,
    pulledAt,
    number,
    signedBy: [...signedBy],
    ...why,
  }
}

function textOf({ kind, repository, name }: ItemName): string {
  if (kind === 'tag') return `${repository}:${name}`
  return kind === 'untagged' ? `${repository}@${name}` : `${kind} ${name}`
}
