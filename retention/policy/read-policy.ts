import { choice } from '../../shared/config/kinds.ts'
import { parseYaml, yamlLines } from '../../shared/config/yaml-text.ts'
import { fieldsOf, listOf, ofKind } from './guards.ts'
import { note, type Place, startOfDocument } from './place.ts'
import type { CheckCron, PolicyProblem } from './problem.ts'
import { readLimits, readSchedule, readTrash, standardLimits, standardTrash } from './read-frame.ts'
import { readCache, readHold, readImmutable, readMirror, readTrigger, readVolumes } from './read-parts.ts'
import { readSet } from './read-set.ts'
import type { Policy, RuleSet } from './types.ts'

export const mostPolicyBytes = 256 * 1024
const [mostSets, mostHolds, mostJobs] = [100, 1000, 100]

const keys = 'version default mode schedule trash limits policies holds immutable mirror triggers volumes cache'.split(
  ' ',
)

export type ReadPolicy = { readonly policy: Policy } | { readonly problems: readonly PolicyProblem[] }

/**
 * A policy of YAML or JSON text, or all that is wrong with it, in the order of the text. What is not known is refused: a word with a
 * mistake would delete what was to be kept. `checkCron` knows the expressions that the schedule takes.
 */
export function readPolicy(text: string, checkCron: CheckCron): ReadPolicy {
  if (Buffer.byteLength(text) > mostPolicyBytes) return refused(`is larger than ${mostPolicyBytes / 1024} KiB`)
  const parsed = parseYaml(text)
  if ('problem' in parsed) return refused(parsed.problem, parsed.line)
  const place = startOfDocument()
  const policy = readDocument(parsed.value, place, checkCron)
  const { problems } = place.findings
  if (policy !== undefined && problems.length === 0) return { policy }
  return { problems: withLines(problems, text) }
}

function refused(message: string, line?: number): ReadPolicy {
  return { problems: [{ path: '', message, ...(line !== undefined && { line }) }] }
}

/** The same, each with the line of what it is about, and in that order. */
export function withLines(problems: readonly PolicyProblem[], text: string): readonly PolicyProblem[] {
  const lines = yamlLines(text)
  return problems
    .map((problem) => ({ ...problem, line: lineOf(problem.path, lines) }))
    .toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0))
}

/** Of what is missing, the line of what it is missing in. */
function lineOf(path: string, lines: ReadonlyMap<string, number>): number | undefined {
  for (let rest = path; rest !== ''; rest = rest.slice(0, Math.max(rest.lastIndexOf('.'), rest.lastIndexOf('['), 0))) {
    const line = lines.get(`.${rest}`)
    if (line !== undefined) return line
  }
  return undefined
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
