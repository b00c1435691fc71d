import { IbuildError } from '../../shared/base/errors.ts'
import type { Command } from '../cli/arguments.ts'
import { type OutputFormat, parseFormat } from '../cli/output-format.ts'
import { parseCount } from '../cli/sizes.ts'

/** What commander gives for the flags that `ibuild analyze` has beside those of a build. */
export interface AnalyzeFlags {
  readonly root?: string
  readonly base?: string
  readonly failWaste?: string
  readonly layer?: string
  readonly tree?: boolean
  readonly depth?: string
  readonly format?: string
  readonly json?: boolean
}

/** What to show of the analysis, and when to refuse. */
export interface AnalyzeOptions {
  /** Highest share of wasted bytes, in percent. */
  readonly failWaste: number | undefined
  /** Number of a layer, from 1. */
  readonly layer: number | undefined
  readonly tree: { readonly depth: number } | undefined
  readonly format: OutputFormat
}

/** Depth of a tree that is shown unless told otherwise, and at most. */
const usualDepth = 4
const mostDepth = 100

export function declareAnalyzeFlags(parser: Command): Command {
  return parser
    .option('--fail-waste <percent>', 'end with exit code 3 when more than this share of the bytes is wasted')
    .option('--layer <number>', 'show this layer only, as numbered in the table')
    .option('--tree', 'with --layer: show the files that the layer adds, changes and deletes')
    .option('--depth <levels>', `with --tree: how deep to go (default: ${usualDepth})`)
    .option('--format <format>', 'table, json or yaml')
    .option('--json', 'print a JSON object')
}

/** Checks the flags. Errors: USAGE. */
export function analyzeOptions(flags: AnalyzeFlags): AnalyzeOptions {
  const { failWaste, layer, tree = false, depth } = flags
  if (tree && layer === undefined) throw usage('--tree needs --layer', 'Write --layer NUMBER --tree.')
  if (depth !== undefined && !tree) throw usage('--depth needs --tree', 'Write --layer NUMBER --tree --depth LEVELS.')
  return {
    failWaste: failWaste === undefined ? undefined : parsePercent(failWaste),
    layer: layer === undefined ? undefined : parseFrom1(layer, { flag: '--layer', most: 1_000_000 }),
    tree: tree
      ? { depth: depth === undefined ? usualDepth : parseFrom1(depth, { flag: '--depth', most: mostDepth }) }
      : undefined,
    format: parseFormat(flags, ['table', 'json', 'yaml']),
  }
}

/** `12`, `12.5` or `12.5%`, from 0 to 100. Errors: USAGE. */
function parsePercent(text: string): number {
  const percent = /^\d{1,3}(?:\.\d{1,6})?%?$/.test(text) ? Number.parseFloat(text) : Number.NaN
  if (percent <= 100) return percent
  throw usage(`--fail-waste: ${JSON.stringify(text)} is not a percentage`, 'Write a number from 0 to 100.')
}

function parseFrom1(text: string, { flag, most }: { flag: string; most: number }): number {
  const count = parseCount(text, flag)
  if (count >= 1 && count <= most) return count
  throw usage(`${flag}: ${text} is not a number from 1 to ${most}`, 'Layers and levels are counted from 1.')
}

function usage(message: string, hint: string): IbuildError {
  return new IbuildError('USAGE', message, { hint })
}
