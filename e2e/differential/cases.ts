import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What the two builders are expected to do: both build, both refuse, or one of them refuses because the language that
 * we follow (the newest BuildKit's) differs from the BuildKit that can be installed. The last two need a `why`.
 */
export type Expectation = 'success' | 'failure' | 'ours-refuses' | 'buildkit-refuses'

/** One folder of testdata/dockerfiles: its files are the build context, except case.json and prepare.sh. */
export interface Case {
  readonly name: string
  readonly directory: string
  /** The boxes of the language checklist that the case is about. */
  readonly boxes: readonly string[]
  readonly args: Readonly<Record<string, string>>
  readonly target: string | undefined
  /** The Dockerfile, relative to the context. */
  readonly file: string
  /** The Dockerfile for BuildKit, when it must say the same in other words; then history is not compared. */
  readonly buildkitFile: string
  readonly expect: Expectation
  readonly why: string | undefined
}

const root = join(import.meta.dirname, '../../testdata/dockerfiles')

/** All cases, sorted by name. A case.json with a field that is not known here is an error. */
export function readCases(directory = root): Case[] {
  const names = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return names.map((entry) => readCase(directory, entry.name)).sort((a, b) => (a.name < b.name ? -1 : 1))
}

function readCase(parent: string, name: string): Case {
  const directory = join(parent, name)
  const settings = readSettings(join(directory, 'case.json'))
  const file = settings.file ?? 'Dockerfile'
  const one: Case = {
    name,
    directory,
    boxes: settings.boxes,
    args: settings.args ?? {},
    target: settings.target,
    file,
    buildkitFile: settings.buildkitFile ?? file,
    expect: settings.expect ?? 'success',
    why: settings.why,
  }
  if (needsReason(one) && one.why === undefined) throw new Error(`${name}: case.json says no "why"`)
  return one
}

/** True for a case whose two sides are not held to the same thing. */
export function needsReason(one: Case): boolean {
  return one.expect.endsWith('-refuses') || one.buildkitFile !== one.file
}

type Settings = Partial<Omit<Case, 'name' | 'directory' | 'boxes'>> & Pick<Case, 'boxes'>

const known = new Set(['boxes', 'args', 'target', 'file', 'buildkitFile', 'expect', 'why'])
const expectations: readonly unknown[] = ['success', 'failure', 'ours-refuses', 'buildkit-refuses', undefined]

function readSettings(path: string): Settings {
  if (!existsSync(path)) throw new Error(`${path} is missing`)
  const settings = JSON.parse(readFileSync(path, 'utf8')) as Settings
  const unknown = Object.keys(settings).find((key) => !known.has(key))
  if (unknown !== undefined) throw new Error(`${path}: unknown field ${unknown}`)
  if (!expectations.includes(settings.expect)) throw new Error(`${path}: unknown expectation`)
  if (!Array.isArray(settings.boxes) || settings.boxes.length === 0) throw new Error(`${path}: names no boxes`)
  return settings
}
