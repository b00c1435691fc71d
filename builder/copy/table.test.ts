import { readFileSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { IbuildError } from '../../shared/base/errors.ts'
import { comparePaths, type LayerEntry, parentOf } from '../layers/entry.ts'
import { temporaryDir } from '../layers/testing/temporary.ts'
import type { FileTree } from '../layers/tree.ts'
import { planCopy } from './testing/plan-copy.ts'
import { type EntrySpec, treeOf } from './testing/specs.ts'
import type { CopyMember } from './types.ts'

/** What BuildKit's file operations made of a case on a real filesystem. `result` has only what they changed. */
interface Case {
  readonly name: string
  readonly kind: 'COPY' | 'ADD'
  readonly source?: readonly EntrySpec[]
  readonly words: readonly string[]
  readonly dest: string
  readonly chown?: string
  readonly chmod?: string
  readonly image?: boolean
  readonly error?: string
  readonly result?: readonly EntrySpec[]
  readonly gone?: readonly string[]
}

interface Table {
  readonly source: readonly EntrySpec[]
  readonly target: readonly EntrySpec[]
  readonly cases: readonly Case[]
}

const url = new URL('../../testdata/copy/cases.json', import.meta.url)
const table: Table = JSON.parse(readFileSync(url, 'utf8'))
const mtime = 1_700_000_000_000_000_000n

for (const row of table.cases) {
  test(row.name, async (t) => {
    const target = treeOf(table.target)
    const work = planCopy({
      kind: row.kind,
      source: treeOf(row.source ?? table.source),
      sourceIsImage: row.image ?? false,
      sources: row.words,
      inlineFiles: [],
      destination: row.dest,
      workdir: '/w',
      chown: row.chown,
      chmod: row.chmod,
      unpack: undefined,
      location: { file: 'Dockerfile', startLine: 1, endLine: 1, text: 'COPY' },
      target,
      mtime,
      temporary: temporaryDir(t),
    })
    if (row.error !== undefined) {
      const error = await t.throwsAsync(work, { instanceOf: IbuildError })
      t.truthy(error?.location)
      return
    }
    const plan = await work
    try {
      checkLayer(t, [...plan.members], target)
      const expected = describe(inLayer(row.result ?? [], target))
      t.deepEqual(await changes([...plan.members], { target, expected }), expected)
      t.deepEqual(hidden([...plan.members], table.target), row.gone ?? [])
    } finally {
      plan.close()
    }
  })
}

/** Order, parents, and links to what comes before. */
function checkLayer(t: ExecutionContext, members: readonly CopyMember[], target: FileTree): void {
  const seen = new Map<string, LayerEntry>()
  let previous: string | undefined
  for (const { entry, content } of members) {
    if (previous !== undefined) t.true(comparePaths(previous, entry.path) < 0, `${previous} < ${entry.path}`)
    previous = entry.path
    t.not(entry.path, '')
    const parent = parentOf(entry.path)
    t.true(parent === '' || seen.get(parent)?.type === 'dir', `parent of ${entry.path}`)
    if (entry.type === 'hardlink') t.is(seen.get(entry.linkname)?.type, 'file')
    if (entry.type === 'file') t.truthy(entry.digest)
    t.is(content === undefined, entry.size === 0)
    seen.set(entry.path, entry)
  }
  t.truthy(target)
}

/** A directory that only got another time, and nothing in it, is no change that a layer has. */
function inLayer(result: readonly EntrySpec[], target: FileTree): readonly EntrySpec[] {
  return result.filter(({ p, t, m, u = 0, g = 0 }) => {
    const below = target.lstat(p)
    if (t !== 'd' || below?.type !== 'dir' || result.some((other) => other.p.startsWith(`${p}/`))) return true
    return below.mode.toString(8) !== m || below.uid !== u || below.gid !== g
  })
}

interface Row {
  readonly type: string
  readonly mode: string | undefined
  readonly owner: string
  readonly content: string
  readonly seconds: number | undefined
  readonly links: string
}

function describe(specs: readonly EntrySpec[]): Record<string, Row> {
  const byPath = new Map(specs.map((spec) => [spec.p, spec]))
  const rows: Record<string, Row> = {}
  for (const spec of specs) {
    const first = spec.t === 'h' ? (byPath.get(spec.l ?? '') ?? spec) : spec
    const names = specs.filter((other) => other === first || (other.t === 'h' && other.l === first.p)).map(({ p }) => p)
    rows[spec.p] = {
      type: first.t,
      mode: first.m,
      owner: `${first.u ?? 0}:${first.g ?? 0}`,
      content: first.t === 'l' ? (first.l ?? '') : (first.c ?? ''),
      seconds: first.s,
      links: names.length > 1 ? names.join(' ') : '',
    }
  }
  return rows
}

const letters: Readonly<Record<string, string>> = { dir: 'd', file: 'f', symlink: 'l', fifo: 'p' }

/** What of the layer is not as the target has it. Times are compared where the table knows them. */
async function changes(
  members: readonly CopyMember[],
  { target, expected }: { target: FileTree; expected: Record<string, Row> },
): Promise<Record<string, Row>> {
  const byPath = new Map(members.map((member) => [member.entry.path, member]))
  const rows: Record<string, Row> = {}
  for (const { entry } of members) {
    const first = entry.type === 'hardlink' ? byPath.get(entry.linkname) : byPath.get(entry.path)
    if (first === undefined) throw new Error('no first name')
    const group = members.filter(
      (other) => other === first || (other.entry.type === 'hardlink' && other.entry.linkname === first.entry.path),
    )
    const below = target.lstat(entry.path)
    if (below !== undefined && entry.type === below.type && sameMetadata(entry, below) && group.length === 1) continue
    rows[entry.path] = {
      type: letters[first.entry.type] ?? first.entry.type,
      mode: entry.type === 'symlink' ? undefined : entry.mode.toString(8),
      owner: `${entry.uid}:${entry.gid}`,
      content: entry.type === 'symlink' ? entry.linkname : await textOf(first),
      seconds: expected[entry.path]?.seconds === undefined ? undefined : Number(entry.mtime / 1_000_000_000n),
      links:
        group.length > 1
          ? group
              .map((member) => member.entry.path)
              .sort()
              .join(' ')
          : '',
    }
  }
  return rows
}

function sameMetadata(a: LayerEntry, b: LayerEntry): boolean {
  return (
    a.mode === b.mode &&
    a.uid === b.uid &&
    a.gid === b.gid &&
    a.mtime === b.mtime &&
    a.digest === b.digest &&
    a.linkname === b.linkname
  )
}

async function textOf({ content }: CopyMember): Promise<string> {
  const source = typeof content === 'function' ? content() : (content ?? Buffer.alloc(0))
  if (source instanceof Uint8Array) return Buffer.from(source).toString()
  const pieces: Uint8Array[] = []
  for await (const piece of source) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

/** Paths of the target that the layer covers. */
function hidden(members: readonly CopyMember[], target: readonly EntrySpec[]): string[] {
  const entries = new Map(members.map(({ entry }) => [entry.path, entry]))
  const covered = ({ p }: EntrySpec): boolean => {
    if (entries.has(p)) return false
    for (let parent = parentOf(p); parent !== ''; parent = parentOf(parent)) {
      const entry = entries.get(parent)
      if (entry !== undefined && (entry.type !== 'dir' || entry.opaque)) return true
    }
    return false
  }
  return target
    .filter(covered)
    .map(({ p }) => p)
    .sort()
}
