import { ownPair, type TreePair } from '../../builder/container/diff-subjects.ts'
import { type Change, diffViews } from '../../builder/container/diff-views.ts'
import { findSubject, viewOf } from '../../builder/container/subject.ts'
import { sumChanges } from '../../builder/container/sum-changes.ts'
import { tellManyRecords } from '../../builder/layers/many-records.ts'
import type { Store } from '../../builder/store/types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { arrayText } from '../cli/array-text.ts'
import { storeOf } from '../cli/open-store.ts'
import { dataText, type OutputFormat, parseFormat } from '../cli/output-format.ts'
import { pathMembers, pathText } from '../cli/path-text.ts'
import { formatSize, parseCount } from '../cli/sizes.ts'
import { formatTable } from '../cli/table.ts'
import { writeLines } from '../cli/write-lines.ts'

interface Flags {
  readonly root?: string
  readonly layer?: string
  readonly times?: boolean
  readonly stat?: boolean
  readonly format?: string
  readonly json?: boolean
  readonly exitCode?: boolean
}

/** Exit code with --exit-code when there are changes, as git and diff have it. */
const differentExit = 1

/** `ibuild diff A [B]`: one line for each path that differs; nothing when nothing does. */
export async function run(argv: readonly string[]): Promise<number> {
  const { words, options: flags } = parseArguments<Flags>(diffParser(), argv)
  const [first, second, ...extra] = words
  if (first === undefined || extra.length > 0) throw new IbuildError('USAGE', 'ibuild diff takes one or two names')
  const format = parseFormat(flags, ['table', 'json', 'yaml'])
  tellManyRecords()
  const store = storeOf(flags)
  const lock = await store.lockShared({ reading: true })
  try {
    const pair = pairOf(store, { first, second }, flags)
    let count = 0
    const changes = counted(diffViews(pair.before, pair.after, { times: flags.times === true }), () => count++)
    if (flags.stat === true) process.stdout.write(await statText(changes, pair, format))
    else
      await writeLines(format === 'table' ? mapped(changes, toLine) : await arrayText(mapped(changes, toData), format))
    return flags.exitCode === true && count > 0 ? differentExit : 0
  } finally {
    lock.release()
  }
}

function diffParser() {
  return createParser(
    'diff',
    'Show what a container changed (A added, C changed, D deleted), what the last layer of an image changed, or what differs between two images or containers',
  )
    .argument('<a>', 'container or image; a name of both is the container')
    .argument('[b]', 'what it is compared with')
    .option('--layer <number>', 'what this layer of the image changed; the base has number 1')
    .option('--times', 'modification times count too')
    .option('--stat', 'print sums only')
    .option('--format <format>', 'table, json or yaml: an array with an object for each path, or the sums')
    .option('--json', 'print JSON, as --format json does')
    .option('--exit-code', 'end with 1 when there are changes')
}

interface Names {
  readonly first: string
  readonly second: string | undefined
}

function pairOf(store: Store, { first, second }: Names, { layer }: Flags): TreePair {
  const subject = findSubject(store, first)
  if (second === undefined)
    return ownPair(store, subject, layer === undefined ? undefined : parseCount(layer, '--layer'))
  if (layer !== undefined) throw new IbuildError('USAGE', '--layer looks into one image, and two are named')
  return { before: viewOf(store, subject), after: viewOf(store, findSubject(store, second)) }
}

function* counted(changes: Iterable<Change>, count: () => void): Generator<Change> {
  for (const change of changes) {
    count()
    yield change
  }
}

function* mapped<T>(changes: Iterable<Change>, map: (change: Change) => T): Generator<T> {
  for (const change of changes) yield map(change)
}

function toLine({ kind, path }: Change): string {
  return `${kind[0]?.toUpperCase()} ${pathText(path)}\n`
}

function toData(change: Change): object {
  const place = { ...pathMembers(change.path), kind: change.kind }
  switch (change.kind) {
    case 'added':
      return { ...place, type: change.after.type, size: change.after.size }
    case 'deleted':
      return { ...place, typeBefore: change.before.type, sizeBefore: change.before.size }
    case 'changed': {
      const { before, after, differences } = change
      const sizes = { type: after.type, size: after.size, typeBefore: before.type, sizeBefore: before.size }
      return { ...place, ...sizes, differences }
    }
  }
}

async function statText(changes: Iterable<Change>, { before }: TreePair, format: OutputFormat): Promise<string> {
  const sums = sumChanges(changes, before)
  if (format !== 'table') return dataText(sums, format)
  const { added, changed, deleted } = sums
  const growth = `${formatSize(changed.bytesBefore)} -> ${formatSize(changed.bytes)}`
  return formatTable([
    ['', 'PATHS', 'BYTES'],
    ['added', `${added.paths}`, formatSize(added.bytes)],
    ['changed', `${changed.paths}`, growth],
    ['deleted', `${deleted.paths}`, formatSize(deleted.bytes)],
  ])
}
