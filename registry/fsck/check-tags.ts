import { type Digest, parseDigest } from '../../shared/base/digest.ts'
import { lastPart, readOrNothing } from '../../shared/rows/row-kind.ts'
import {
  type HistoryRow,
  historyRows,
  manifestRows,
  movePart,
  type TagRow,
  taggedRows,
  tagRows,
} from '../storage/rows.ts'
import { inspectRows } from './inspect-rows.ts'
import { put, remove } from './mends.ts'
import { readManifest } from './read-manifest.ts'
import { rebuildManifest } from './rebuild-manifest.ts'
import { partsOf, rowPages } from './row-pages.ts'
import type { Found, FsckContext } from './types.ts'

/** Tags against their history, their mirrors and the manifests that they lead to. */
export async function checkTags(context: FsckContext): Promise<void> {
  await checkHistories(context)
  await checkMirrors(context)
  await inspectRows(context, { kind: tagRows, phase: 'tags' }, (key) => {
    const [name = '', tag = ''] = partsOf(key)
    return lookAtTag(context, name, tag)
  })
}

/** Where the history of a tag says that it leads: `move` is the number of its last move, 0 without any. */
interface Past {
  readonly move: number
  /** Undefined when it was deleted, or nothing is known. */
  readonly digest: Digest | undefined
  readonly at: number
}

async function pastOf({ metadata }: FsckContext, name: string, tag: string): Promise<Past> {
  const [last] = await metadata.list({ prefix: historyRows.prefix(name, tag), limit: 1, reverse: true })
  const row = last && readOrNothing<HistoryRow>(historyRows, last.key, last.value)
  return { move: last === undefined ? 0 : Number(lastPart(last.key)), digest: row?.digest, at: row?.at ?? Date.now() }
}

/** A tag whose history does not end with its deletion must be there. */
async function checkHistories(context: FsckContext): Promise<void> {
  let before = ''
  for await (const page of rowPages(context.metadata, historyRows.prefix())) {
    for (const { key } of page) {
      context.step('moves of tags')
      const [name = '', tag = ''] = partsOf(key)
      if (before === `${name} ${tag}`) continue
      before = `${name} ${tag}`
      await context.inspect(() => lookAtPast(context, name, tag))
    }
  }
}

async function lookAtPast(context: FsckContext, name: string, tag: string): Promise<readonly Found[]> {
  const key = tagRows.key(name, tag)
  const past = await pastOf(context, name, tag)
  if (past.digest === undefined || (await context.metadata.get(key)) !== undefined) return []
  return [await lostTag(context, { name, tag, digest: past.digest }, past)]
}

interface LostTag {
  readonly name: string
  readonly tag: string
  readonly digest: Digest
}

/** A tag without a row. Where its manifest is not here any more it is not set again: that would lead nowhere. */
async function lostTag(context: FsckContext, { name, tag, digest }: LostTag, past: Past): Promise<Found> {
  const found: Found = { code: 'tag-row-missing', subject: tagRows.key(name, tag), detail: digest }
  const isHeld = (await context.metadata.get(manifestRows.key(name, digest))) !== undefined
  const read = isHeld ? undefined : await readManifest(context, digest)
  const move = Math.max(1, past.move)
  const { at } = past
  const rows = [
    tagRows.row([name, tag], { digest, at, move }),
    taggedRows.row([name, digest, tag], true),
    historyRows.row([name, tag, movePart(move)], { digest, at }),
  ]
  const gone = historyRows.row([name, tag, movePart(move + 1)], { at: Date.now() })
  const mend = async (): Promise<boolean> => {
    if (read !== undefined) await rebuildManifest(context, name, read)
    return put(context, isHeld || read !== undefined ? rows : [gone])
  }
  return { ...found, mend }
}

async function checkMirrors(context: FsckContext): Promise<void> {
  await inspectRows(context, { kind: taggedRows, phase: 'tags of manifests' }, (key) => {
    const [name = '', digest = '', tag = ''] = partsOf(key)
    return lookAtMirror(context, key, { name, digest: parseDigest(digest), tag })
  })
}

async function lookAtMirror(context: FsckContext, own: string, lost: LostTag): Promise<readonly Found[]> {
  const key = tagRows.key(lost.name, lost.tag)
  const [mirror, value] = await context.metadata.getMany([own, key])
  if (mirror === undefined) return []
  const stale: Found = { code: 'tagged-stale', subject: own, mend: () => remove(context, [own]) }
  if (value !== undefined) {
    const row = readOrNothing<TagRow>(tagRows, key, value)
    return row === undefined || row.digest === lost.digest ? [] : [stale]
  }
  const past = await pastOf(context, lost.name, lost.tag)
  if (past.move === 0) return [await lostTag(context, lost, past)]
  return past.digest === lost.digest ? [] : [stale]
}

async function lookAtTag(context: FsckContext, name: string, tag: string): Promise<readonly Found[]> {
  const { metadata } = context
  const key = tagRows.key(name, tag)
  const value = await metadata.get(key)
  const row = value === undefined ? undefined : readOrNothing<TagRow>(tagRows, key, value)
  if (value === undefined || row === undefined) return []
  const mirror = taggedRows.row([name, row.digest, tag], true)
  const move = historyRows.key(name, tag, movePart(row.move))
  const [manifest, tagged, history] = await metadata.getMany([manifestRows.key(name, row.digest), mirror.key, move])
  if (manifest === undefined) return [await dangling(context, { name, tag, row, value })]
  return [
    ...(tagged === undefined
      ? [{ code: 'tagged-missing', subject: key, mend: () => put(context, [mirror]) } as const]
      : []),
    ...(await lookAtMoves(context, { name, tag, row, value }, history !== undefined)),
  ]
}

interface TagHere {
  readonly name: string
  readonly tag: string
  readonly row: TagRow
  /** Its row as it is stored. */
  readonly value: string
}

async function dangling(context: FsckContext, { name, tag, row, value }: TagHere): Promise<Found> {
  const key = tagRows.key(name, tag)
  const read = await readManifest(context, row.digest)
  const found: Found = { code: 'tag-dangling', subject: key, detail: row.digest }
  if (read !== undefined) return { ...found, mend: () => rebuildManifest(context, name, read) }
  const mend = async (): Promise<boolean> => {
    const past = await pastOf(context, name, tag)
    const gone = historyRows.row([name, tag, movePart(1 + Math.max(past.move, row.move))], { at: Date.now() })
    await context.aside.row(key, value)
    await context.metadata.commit({ put: [gone], remove: [key, taggedRows.key(name, row.digest, tag)] })
    return true
  }
  return { ...found, mend }
}

/** The history must end with the move that the row tells of: the next one is written behind that, and nowhere else. */
async function lookAtMoves(
  context: FsckContext,
  { name, tag, row }: TagHere,
  hasHistory: boolean,
): Promise<readonly Found[]> {
  const subject = tagRows.key(name, tag)
  const { digest, at } = row
  const past = await pastOf(context, name, tag)
  if (past.move > row.move) {
    const move = past.move + 1
    const rows = [
      tagRows.row([name, tag], { ...row, move }),
      historyRows.row([name, tag, movePart(move)], { digest, at: Date.now() }),
    ]
    return [{ code: 'tag-behind-history', subject, mend: () => put(context, rows) }]
  }
  if (hasHistory) return []
  const history = historyRows.row([name, tag, movePart(row.move)], { digest, at })
  return [{ code: 'history-missing', subject, mend: () => put(context, [history]) }]
}
