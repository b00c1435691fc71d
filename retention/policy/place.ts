import type { PolicyProblem } from './problem.ts'

/** Where in a document a value stands, and where its problems are noted. */
export interface Place {
  /** `policies[0].tags.keep[1]`; empty for the document. */
  readonly path: string
  readonly findings: Findings
}

/** What the reading of one document found. */
export interface Findings {
  readonly problems: PolicyProblem[]
  /** Patterns so far, and what all of them take when they are run. */
  patterns: number
  programSize: number
}

/** Reads a value, or notes what is wrong with it and gives undefined. */
export type Read<T> = (value: unknown, place: Place) => T | undefined

const mostProblems = 100

export function startOfDocument(): Place {
  return { path: '', findings: { problems: [], patterns: 0, programSize: 0 } }
}

/** The place of member `key` (text) or element `key` (number) of what stands at `place`. */
export function placeAt(place: Place, key: string | number): Place {
  return { findings: place.findings, path: typeof key === 'number' ? `${place.path}[${key}]` : joined(place.path, key) }
}

function joined(path: string, key: string): string {
  const name = /^[^\s"[\]]{1,64}$/u.test(key) ? key : JSON.stringify(key.slice(0, 64))
  return path === '' ? name : `${path}.${name}`
}

/** Notes a problem. More than a hundred help nobody. */
export function note(place: Place, message: string): undefined {
  const { problems } = place.findings
  if (problems.length < mostProblems) problems.push({ path: place.path, message })
}
