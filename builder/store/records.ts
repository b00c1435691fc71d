import {
  closeSync,
  existsSync,
  fstatSync,
  futimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import path from 'node:path'
import { type Digest, digestOf, isDigest } from '../../shared/base/digest.ts'
import { errnoOf } from '../../shared/base/errors.ts'
import { isObject, type JsonObject, type JsonValue, parseJson } from '../../shared/base/json.ts'
import { mapDiskFullSync, replaceFileSync } from '../../shared/cas/disk.ts'
import { namesIn } from '../../shared/cas/names-in.ts'
import type { StoreContext } from './context.ts'
import { digestOfFileName, fileNameOf } from './layout.ts'
import { createStepJournal } from './step-journal.ts'
import type { RecordPart, RecordStore, StepRecord, UsedRecord } from './types.ts'

const maxRecordBytes = 1024 * 1024

export interface InternalRecordStore extends RecordStore {
  remove(key: Digest): void
  /** Remembers that records were removed now. */
  notePrune(): void
}

/** A use is noted when the last one noted is so old, in milliseconds: so a hit seldom writes. */
const useInterval = 3_600_000

/**
 * A record is one file: the digest of the rest, a line feed, JSON. What was cut off or damaged does not have that digest
 * and is a miss; so nothing is synced.
 */
export function createRecordStore(context: StoreContext): InternalRecordStore {
  const { layout, temps } = context
  const fileOf = (key: Digest): string => {
    const name = fileNameOf(key)
    return path.join(layout.records, name.slice(0, 2), name)
  }
  const journal = createStepJournal(context)

  const read = (key: Digest, noteUse: boolean): UsedRecord | undefined => {
    const { content, ...file } = readSealed(fileOf(key), noteUse) ?? {}
    const record = content?.[0] === key ? parseRecord(content[1]) : undefined
    return record && { key, record, usedAt: 0, bytes: 0, ...file }
  }
  const get = (key: Digest): StepRecord | undefined => read(key, true)?.record
  const write = (file: string, content: string): void => {
    intoFolder(path.dirname(file), () => replaceFileSync(file, temps.name('record'), content))
  }
  const put = (key: Digest, record: StepRecord, names: readonly string[]): void => {
    const content = seal(key, record)
    if (content.length > maxRecordBytes) throw new Error(`a record of ${content.length} characters for ${record.step}`)
    write(fileOf(key), content)
    if (names.length > 0) journal.add(key, names)
  }

  return {
    get,
    peek: (key) => read(key, false),
    put: async (key, record, names = []) => mapDiskFullSync(() => put(key, record, names)),
    isThere: (key) => existsSync(fileOf(key)),
    latest: (names) => journal.latest(names).map((entry) => ({ ...entry, record: read(entry.key, false)?.record })),
    list: () =>
      namesIn(layout.records)
        .flatMap((folder) => readdirSync(path.join(layout.records, folder)))
        .flatMap((name) => digestOfFileName(name) ?? []),
    remove: (key) => rmSync(fileOf(key), { force: true }),
    notePrune: () => journal.notePrune(Date.now()),
  }
}

/** What is sealed is bound to its name, so that a file under a wrong name is a miss too. */
function seal(name: string, value: unknown): string {
  const body = JSON.stringify([name, value])
  return `${digestOf(body)}\n${body}`
}

interface Sealed {
  readonly content: readonly [name: string, value: JsonValue]
  readonly usedAt: number
  readonly bytes: number
}

function readSealed(file: string, noteUse = false): Sealed | undefined {
  try {
    const { text, usedAt } = readFile(file, noteUse)
    const end = text.indexOf('\n')
    const body = text.slice(end + 1)
    if (text.slice(0, end) !== digestOf(body)) return undefined
    const value = parseJson(body, { what: file, maxBytes: maxRecordBytes })
    const [name, content] = Array.isArray(value) ? value : []
    if (typeof name !== 'string' || content === undefined) return undefined
    return { content: [name, content], usedAt, bytes: Buffer.byteLength(text) }
  } catch {
    return undefined
  }
}

/** The time of the file is that of its last use. */
function readFile(file: string, noteUse: boolean): { readonly text: string; readonly usedAt: number } {
  const fd = openSync(file, 'r')
  try {
    const usedAt = fstatSync(fd).mtimeMs
    if (noteUse && Date.now() - usedAt > useInterval) touch(fd)
    return { text: readFileSync(fd, 'utf8'), usedAt }
  } finally {
    closeSync(fd)
  }
}

/** Of a file of another user the use is not noted. */
function touch(fd: number): void {
  try {
    futimesSync(fd, new Date(), new Date())
  } catch {}
}

function parseRecord(value: JsonValue | undefined): StepRecord | undefined {
  if (!isObject(value) || value['version'] !== 1) return undefined
  const { step, created, diffID, extra } = value
  const parts = parseParts(value['parts'])
  if (typeof step !== 'string' || typeof created !== 'number' || parts === undefined) return undefined
  if (diffID !== undefined && (typeof diffID !== 'string' || !isDigest(diffID))) return undefined
  const rest: { extra?: JsonObject } = isObject(extra) ? { extra } : {}
  return { version: 1, step, parts, created, ...(diffID !== undefined && { diffID }), ...rest }
}

function parseParts(value: JsonValue | undefined): RecordPart[] | undefined {
  if (!Array.isArray(value)) return undefined
  const parts = value.flatMap((part) => {
    const { name, value: text } = isObject(part) ? part : {}
    return typeof name === 'string' && typeof text === 'string' ? [{ name, value: text }] : []
  })
  return parts.length === value.length ? parts : undefined
}

/** Makes the folder only when it turns out to be missing: 256 times in the life of a store. */
function intoFolder(folder: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    mkdirSync(folder, { recursive: true })
    write()
  }
}
