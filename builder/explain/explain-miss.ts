import type { KeyPart } from '../copy/types.ts'
import type { IgnoreChange } from './describe-files.ts'
import { describePart, type PartScope, partLabel } from './describe-part.ts'
import { shortDigest } from './show-value.ts'
import type { ComparedPart, MissReason, StepFacts } from './types.ts'

/** What is known of the step that missed. */
export interface MissedStep {
  readonly facts: StepFacts
  /** Of the step below it in the stage, or of the stage's base; for messages. */
  readonly below: string
  readonly argNames: readonly string[]
  /** Settings of the base image, as names and values of parts. */
  readonly baseParts: readonly KeyPart[]
}

/** Says why a step missed that differs from an earlier record in these parts. Pure. */
export function explainMiss(
  step: MissedStep,
  before: StepFacts | undefined,
  parts: readonly ComparedPart[],
): MissReason {
  const changed = withoutIdle(parts.filter(({ change }) => change !== 'same'))
  if (changed.length === 0) return orderChanged(parts)
  const scope = scopeOf(step, before)
  const reasons = changed.map((part) => ({ part, reason: reasonOf(part, { step, before, scope }) }))
  const [first, ...rest] = reasons.sort((a, b) => rank(a.reason) - rank(b.reason))
  if (first === undefined) throw new Error('a changed part has a reason')
  if (first.reason.code === 'instruction') return first.reason
  const others = rest.filter(({ part }) => !isExplainedBy(part, first.reason))
  const labels = others.map(({ part }) => partLabel(part.name, scope))
  return { code: first.reason.code, text: `${sourceChange(changed) ?? first.reason.text}${also(labels)}` }
}

/** Leaves out sources of which only what the key sees of them changed, as `--chmod` makes it. */
function withoutIdle(parts: readonly ComparedPart[]): readonly ComparedPart[] {
  const kept = parts.filter(({ files }) => files?.length !== 0)
  return kept.length === 0 ? parts : kept
}

/** One source in the place of another. */
function sourceChange(parts: readonly ComparedPart[]): string | undefined {
  const sources = parts.filter(({ name, change }) => name.startsWith('content of ') && change !== 'changed')
  const [added, removed] = ['added', 'removed'].map((kind) => sources.find(({ change }) => change === kind))
  if (sources.length !== 2 || added === undefined || removed === undefined) return undefined
  if (parts.some(({ name }) => name.startsWith('matches of '))) return undefined
  const [before, after] = [removed, added].map(({ name }) => name.slice('content of '.length))
  return `source ${before} -> ${after}`
}

interface ReasonScope {
  readonly step: MissedStep
  readonly before: StepFacts | undefined
  readonly scope: PartScope
}

function reasonOf(part: ComparedPart, { step, before, scope }: ReasonScope): MissReason {
  return part.name === 'parent' ? parentReason(step, before) : describePart(part, scope)
}

/** Parts are equal and the keys are not: the same parts in another order. */
function orderChanged(parts: readonly ComparedPart[]): MissReason {
  const isEnvironment = parts.some(({ name }) => name.startsWith('env '))
  return isEnvironment
    ? { code: 'environment', text: 'order of ENV and ARG changed' }
    : { code: 'unknown', text: 'the parts of the key are in another order' }
}

function parentReason({ facts, below }: MissedStep, before: StepFacts | undefined): MissReason {
  if (before === undefined) return { code: 'parent', text: `parent: ${below} gave another layer` }
  const isFirst = facts.after === undefined && before.after === undefined
  const isOtherBase = facts.base.name !== before.base.name || facts.base.digest !== before.base.digest
  if (isFirst && isOtherBase) return baseReason(facts, before)
  if (facts.position === before.position || facts.after === before.after) {
    return { code: 'parent', text: `parent: ${below} gave another layer` }
  }
  const place = ({ after }: StepFacts): string => (after === undefined ? 'the base' : JSON.stringify(after))
  return { code: 'moved', text: `moved: it now follows ${place(facts)}, before it followed ${place(before)}` }
}

function baseReason({ base }: StepFacts, { base: old }: StepFacts): MissReason {
  const kind = (name: string): string => (name === 'scratch' || name.startsWith('stage ') ? name : `image ${name}`)
  const text =
    base.name === old.name
      ? `base ${kind(base.name)} changed: ${shortDigest(old.digest)} -> ${shortDigest(base.digest)}`
      : `base ${kind(old.name)} -> ${kind(base.name)}`
  return { code: 'base-image', text }
}

function scopeOf({ facts, argNames, baseParts }: MissedStep, before: StepFacts | undefined): PartScope {
  const isOtherBase = before !== undefined && before.base.digest !== facts.base.digest
  const fromBase = (part: ComparedPart): boolean =>
    baseParts.some(({ name, value }) => name === part.name && value === part.after)
  return {
    argNames: new Set(argNames),
    ignore: ignoreChange(before?.ignore, facts.ignore),
    origin: (part) => (isOtherBase && fromBase(part) ? ` of the base image ${facts.base.name}` : ''),
  }
}

function ignoreChange(before: StepFacts['ignore'], after: StepFacts['ignore']): IgnoreChange | undefined {
  if (after === undefined) return before && { name: before.name, change: 'removed' }
  if (before === undefined || before.name !== after.name) return { name: after.name, change: 'added' }
  return before.digest === after.digest ? undefined : { name: after.name, change: 'changed' }
}

const order: readonly MissReason['code'][] = [
  'instruction',
  'base-image',
  'content',
  'files',
  'script',
  'command',
  'environment',
  'setting',
]

/** What the user changed comes before what follows from it. */
function rank({ code }: MissReason): number {
  const at = order.indexOf(code)
  return at < 0 ? order.length : at
}

/** Files that a wildcard matches come as a part each; one is named. */
function isExplainedBy({ name, change }: ComparedPart, first: MissReason): boolean {
  return (
    first.code === 'files' &&
    (name.startsWith('matches of ') || (name.startsWith('content of ') && change !== 'changed'))
  )
}

const shownOthers = 3

function also(labels: readonly string[]): string {
  if (labels.length === 0) return ''
  const names = labels.slice(0, shownOthers)
  const more = labels.length - names.length
  return `; also ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
