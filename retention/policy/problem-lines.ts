import { yamlLines } from '../../shared/config/yaml-text.ts'
import type { PolicyProblem } from './problem.ts'

/** The same, each with the line of what it is about, and in that order. */
export function withLines(problems: readonly PolicyProblem[], text: string): readonly PolicyProblem[] {
  if (problems.length === 0) return problems
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
