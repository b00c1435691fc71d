import { readdirSync, readFileSync } from 'node:fs'

export interface GoldenCase {
  readonly name: string
  readonly dockerfile: Uint8Array
  readonly expected: unknown
}

/** The cases in `testdata/<folder>`: one folder each, with a Dockerfile and an expected.json. */
export function goldenCases(folder: string): GoldenCase[] {
  const root = new URL(`../../../testdata/${folder}/`, import.meta.url)
  return readdirSync(root)
    .sort()
    .map((name) => ({
      name,
      dockerfile: readFileSync(new URL(`${name}/Dockerfile`, root)),
      expected: JSON.parse(readFileSync(new URL(`${name}/expected.json`, root), 'utf8')) as unknown,
    }))
}

/** A value as JSON shows it, with each location as `first-last` line. */
export function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, item: unknown) => (item instanceof Set ? [...item] : lines(item))),
  ) as unknown
}

function lines(item: unknown): unknown {
  if (typeof item !== 'object' || item === null || !('startLine' in item && 'endLine' in item)) return item
  return `${String(item.startLine)}-${String(item.endLine)}`
}
