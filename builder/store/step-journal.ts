import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import path from 'node:path'
import { type Digest, digestOf, hexOf, isDigest } from '../../shared/base/digest.ts'
import { errnoOf } from '../../shared/base/errors.ts'
import { replaceFileSync } from '../../shared/cas/disk.ts'
import type { StoreContext } from './context.ts'

/** Which records were made under which names. Only explanations come from it: what is lost of it changes no result. */
export interface StepJournal {
  add(key: Digest, names: readonly string[]): void
  /** Tells that records were removed, at `time` (milliseconds). */
  notePrune(time: number): void
  /** The latest keys under any of the names, newest first, at most {@link maxLatest} for each name. */
  latest(names: readonly string[]): readonly JournalEntry[]
}

export interface JournalEntry {
  readonly key: Digest
  /** Those of the asked names that the record has. */
  readonly names: readonly string[]
  /** When records were first removed after it, in milliseconds. */
  readonly prunedAt: number | undefined
}

const maxLatest = 8
/** As much of the end is read and kept: some thousand steps. */
const keptBytes = 256 * 1024
const maxBytes = 1024 * 1024

/**
 * One file that is only added to, a line at a time: `<key> <name>,<name>`, names as the first 16 hex digits of their
 * digests, or `prune <milliseconds>`. A line that was cut off or damaged counts for nothing. Adding a line costs less than
 * replacing a file for each name. When the file is long its older part goes.
 */
export function createStepJournal({ layout, temps }: StoreContext): StepJournal {
  const file = path.join(layout.steps, 'journal')
  const write = (line: string): void => {
    const fd = openSync(file, 'a', 0o644)
    try {
      writeSync(fd, line)
      if (fstatSync(fd).size <= maxBytes) return
    } finally {
      closeSync(fd)
    }
    replaceFileSync(file, temps.name('journal'), readEnd(file))
  }
  return {
    add: (key, names) => write(`${key} ${names.map(shortName).join(',')}\n`),
    notePrune: (time) => write(`prune ${time}\n`),
    latest: (names) => findLatest(readEnd(file), names),
  }
}

function shortName(name: string): string {
  return hexOf(digestOf(name)).slice(0, 16)
}

/** The last whole lines; nothing when there is no journal. */
function readEnd(file: string): string {
  let fd: number
  try {
    fd = openSync(file, 'r')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return ''
    throw error
  }
  try {
    const start = Math.max(0, fstatSync(fd).size - keptBytes)
    const bytes = Buffer.alloc(keptBytes)
    const text = bytes.toString('latin1', 0, readSync(fd, bytes, 0, keptBytes, start))
    return start === 0 ? text : text.slice(text.indexOf('\n') + 1)
  } finally {
    closeSync(fd)
  }
}

function findLatest(text: string, names: readonly string[]): JournalEntry[] {
  const found = new Map<Digest, JournalEntry>()
  const counts = new Map<string, number>()
  let prunedAt: number | undefined
  for (const line of text.split('\n').reverse()) {
    const [first = '', rest = ''] = line.split(' ')
    if (first === 'prune' && /^\d{1,15}$/.test(rest)) prunedAt = Number(rest)
    if (!isDigest(first) || found.has(first)) continue
    const matching = names.filter((name) => rest.split(',').includes(shortName(name)))
    const wanted = matching.filter((name) => (counts.get(name) ?? 0) < maxLatest)
    for (const name of wanted) counts.set(name, (counts.get(name) ?? 0) + 1)
    if (wanted.length > 0) found.set(first, { key: first, names: matching, prunedAt })
  }
  return [...found.values()]
}
