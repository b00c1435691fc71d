import { choice } from '../../shared/config/kinds.ts'
import { parseYaml } from '../../shared/config/yaml-text.ts'
import type { Source } from '../facts.ts'
import { fieldsOf, listOf, ofKind } from './guards.ts'
import { note, type Place, startOfDocument } from './place.ts'
import { policyWarnings } from './policy-warnings.ts'
import type { CheckCron, PolicyProblem } from './problem.ts'
import { withLines } from './problem-lines.ts'
import { readLimits, readSchedule, readTrash, standardLimits, standardTrash } from './read-frame.ts'
import { readCache, readHold, readImmutable, readMirror, readTrigger, readVolumes } from './read-parts.ts'
import { readSet } from './read-set.ts'
import type { Policy, RuleSet } from './types.ts'

export const mostPolicyBytes = 256 * 1024
const [mostSets, mostHolds, mostJobs] = [100, 1000, 100]

const keys = 'version default mode schedule trash limits policies holds immutable mirror triggers volumes cache'.split(
  ' ',
)

export interface Reading {
  /** Knows the expressions that the schedule takes. */
  readonly checkCron: CheckCron
  /** What the policy is for; without it nothing is said of parts that another source would have. */
  readonly source?: Source | undefined
}

export type ReadPolicy =
  | { readonly policy: Policy; readonly warnings: readonly PolicyProblem[] }
  | { readonly problems: readonly PolicyProblem[]; readonly warnings: readonly PolicyProblem[] }

/**
 * A policy of YAML or JSON text, or all that is wrong with it, in the order of the text. What is not known is refused: a word with a
 * mistake would delete what was to be kept.
 */
export function readPolicy(text: string, { checkCron, source }: Reading): ReadPolicy {
  if (Buffer.byteLength(text) > mostPolicyBytes) return refused(`is larger than ${mostPolicyBytes / 1024} KiB`)
  const parsed = parseYaml(text)
  if ('problem' in parsed) return refused(parsed.problem, parsed.line)
  const place = startOfDocument()
  const policy = readDocument(parsed.value, place, checkCron)
  const { problems } = place.findings
  if (policy === undefined || problems.length > 0) return { problems: withLines(problems, text), warnings: [] }
  return { policy, warnings: withLines(policyWarnings(policy, source), text) }
}

function refused(message: string, line?: number): ReadPolicy {
  return { problems: [{ path: '', message, ...(line !== undefined && { line }) }], warnings: [] }
}

function readDocument(value: unknown, place: Place, checkCron: CheckCron): Policy | undefined {
  const fields = fieldsOf(value, place, keys)
  if (fields === undefined) return undefined
  fields.need('version', (version, at) =>
    version === 1 ? version : note(at, 'must be the number 1: no other version is known'),
  )
  const otherwise = fields.get('default', ofKind(choice('keep', 'delete'))) ?? 'keep'
  const sets = fields.get('policies', listOf(readSet(otherwise), mostSets)) ?? []
  noteDoubledIDs(sets, place)
  return {
    version: 1,
    default: otherwise,
    mode: fields.get('mode', ofKind(choice('dryRun', 'propose', 'enforce'))) ?? 'dryRun',
    schedule: fields.get('schedule', readSchedule(checkCron)),
    trash: fields.get('trash', readTrash) ?? standardTrash,
    limits: fields.get('limits', readLimits) ?? standardLimits,
    sets,
    holds: fields.get('holds', listOf(readHold, mostHolds)) ?? [],
    immutable: fields.get('immutable', listOf(readImmutable, mostHolds)) ?? [],
    mirror: fields.get('mirror', listOf(readMirror, mostJobs)) ?? [],
    triggers: fields.get('triggers', listOf(readTrigger(sets.map(({ id }) => id)), mostJobs)) ?? [],
    volumes: fields.get('volumes', readVolumes),
    cache: fields.get('cache', readCache),
  }
}

function noteDoubledIDs(sets: readonly RuleSet[], place: Place): void {
  const first = new Map<string, string>()
  for (const { id, path } of sets) {
    const before = first.get(id)
    if (before === undefined) first.set(id, path)
    else note({ ...place, path: `${path}.id` }, `is that of ${before} already`)
  }
}
