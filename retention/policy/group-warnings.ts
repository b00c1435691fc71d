import type { PolicyProblem } from './problem.ts'
import type { KeepRule, RuleSet } from './types.ts'

type MostRecent = Extract<KeepRule, { readonly kind: 'mostRecent' }>

/** What of a group most likely does not do what it looks like. */
export function groupWarnings({ path, group, keep }: RuleSet): readonly PolicyProblem[] {
  if (group === undefined) return []
  const counting = keep.filter((rule) => rule.kind === 'mostRecent')
  if (counting.length === 0)
    return [{ path: `${path}.group`, message: 'is used by no rule: write mostRecent under keep' }]
  return counting.flatMap((rule) => {
    const message = loneGroups(group.text, rule)
    return message === undefined ? [] : [{ path: `${rule.path}.mostRecent`, message }]
  })
}

/** When all that differs between tags is caught, each is the most recent of its own group. */
function loneGroups(pattern: string, { by }: MostRecent): string | undefined {
  const number = typeof by === 'object' ? by.number : undefined
  if (number !== undefined || isVariable(withoutNamed(pattern))) return undefined
  const [, counted] = /\(\?P?<(\w+)>(?:\\d|\[0-9\])[+*]?\)/.exec(pattern) ?? []
  const advice = counted === undefined ? 'leave a part of it without a name' : `write by: number:${counted}`
  return `keeps every tag that fits the group, for each is a group of its own: ${advice}`
}

/** The pattern without its named groups, and all that is in them. */
function withoutNamed(pattern: string): string {
  let rest = ''
  let depth = 0
  for (const [piece] of pattern.matchAll(/\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?P?<\w+>|[^]/g)) {
    if (depth > 0) depth += depthOf(piece)
    else if (/^\(\?P?</.test(piece)) depth = 1
    else rest += piece
  }
  return rest
}

function depthOf(piece: string): number {
  if (piece === ')') return -1
  return piece.startsWith('(') ? 1 : 0
}

/** False for a text that fits itself alone. */
function isVariable(pattern: string): boolean {
  const unescaped = pattern.replaceAll(/\\[^A-Za-z0-9]/g, '')
  return /[.[*+?{|(\\]/.test(unescaped)
}
