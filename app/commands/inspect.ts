import type { Store } from '../../builder/store/types.ts'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { suggest } from '../../shared/base/suggest.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { tellDamagedContainers } from '../cli/damaged-containers.ts'
import { storeOf } from '../cli/open-store.ts'
import { dataText, parseFormat } from '../cli/output-format.ts'
import { readTwice } from '../cli/read-twice.ts'
import { describeError, exitCodeOf } from '../cli/report-error.ts'
import { memberAt, parseMemberPath } from '../listing/member-path.ts'
import { describeObject } from '../listing/objects/describe-object.ts'
import { findObject } from '../listing/objects/find-object.ts'
import { type ObjectType, objectTypes } from '../listing/objects/types.ts'
import { sanitize } from '../progress/sanitize.ts'

interface Flags {
  readonly root?: string
  readonly type?: string
  readonly format?: string
  readonly path?: string
}

const help = `
An object is an image (name, ID or digest), a container (name), a layer (diffID), a snapshot
(chainID), a record of the build cache (key) or a blob (digest): a digest, or its first digits.
What is several of them is the first in this order; --type says another.
Paths: config.config.Env, layers[0].diffID, config.config.Labels["a.b"]`

/** `ibuild inspect OBJECT...`: an array with one object for each word. Goes on after a failure. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('inspect', 'Show images and all else that the data folder holds')
    .arguments('<object...>')
    .option('-t, --type <type>', objectTypes.join(', '))
    .option('-f, --format <format>', 'json (the default) or yaml')
    .option('-p, --path <member>', 'print this member only; text as it is; see below')
    .addHelpText('after', help)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const format = parseFormat(flags, ['json', 'yaml']) === 'yaml' ? 'yaml' : 'json'
  const path = flags.path === undefined ? undefined : parseMemberPath(flags.path)
  const type = typeOf(flags.type)
  const store = storeOf(flags)
  const results = words.map((word) => tryDescribe(store, word, { type, path }))
  const found = results.flatMap(({ value }) => (value === undefined ? [] : [value]))
  process.stdout.write(
    path === undefined && found.length > 0 ? await dataText(found, format) : await bare(found, format),
  )
  if (found.some(hasContainers))
    tellDamagedContainers(store, 'warning: what a damaged container has is not known and not shown')
  const codes = results.map(({ code }) => code)
  return words.length === 1 ? (codes[0] ?? 0) : Math.min(1, Math.max(...codes))
}

interface Wish {
  readonly type: ObjectType | undefined
  readonly path: readonly string[] | undefined
}

interface Result {
  /** Undefined for a failure, which was told. */
  readonly value?: unknown
  readonly code: number
}

function tryDescribe(store: Store, word: string, { type, path }: Wish): Result {
  try {
    const described = readTwice(() => describeObject(store, findObject(store, word, type)))
    return { value: path === undefined ? described : memberAt(described, path), code: 0 }
  } catch (error) {
    if (!isIbuildError(error)) throw error
    process.stderr.write(describeError(error))
    return { code: exitCodeOf(error) }
  }
}

/** Whether it names the containers that have it, or would. */
function hasContainers(described: unknown): boolean {
  return typeof described === 'object' && described !== null && 'containers' in described
}

/** Members one after the other: text as it is but for control characters, all else in the format. */
async function bare(values: readonly unknown[], format: 'json' | 'yaml'): Promise<string> {
  const texts = values.map(async (value) =>
    typeof value === 'string' ? `${value.split('\n').map(sanitize).join('\n')}\n` : dataText(value, format),
  )
  return (await Promise.all(texts)).join('')
}

function typeOf(text: string | undefined): ObjectType | undefined {
  const type = objectTypes.find((each) => each === text)
  if (type !== undefined || text === undefined) return type
  const similar = suggest(text, objectTypes)
  throw new IbuildError('USAGE', `--type: unknown type ${JSON.stringify(text)}`, {
    hint: similar === undefined ? `The types are ${objectTypes.join(', ')}.` : `Did you mean ${similar}?`,
  })
}
