import { lstatSync, opendirSync, readdirSync } from 'node:fs'
import { byBytes } from './entry.ts'
import { tellManyRecords } from './many-records.ts'
import { sortTexts } from './path-sort.ts'

/** Bytes of a directory itself from which on it may have very many names; filesystems count some 10 to 50 for each. */
const largeDirectory = 256 * 1024
/** Names that are read at once. */
const readAtOnce = 1024

export interface NamesOptions {
  /** Where names of a large directory are sorted in runs, in a file without a name. */
  readonly folder: string | undefined
  /** Bytes of the directory itself, where they are known. */
  readonly size?: number
}

/**
 * The names in a directory of this machine, latin1, in the order of their bytes. `path` is latin1 too. Errors: those of the
 * filesystem.
 */
export function sortedNames(path: string, { folder, size }: NamesOptions): Iterable<string> {
  // Of a path that is not ASCII, Node can read names in pieces only on some filesystems.
  if (/[^\0-\x7f]/.test(path)) return readdirSync(Buffer.from(path, 'latin1'), { encoding: 'latin1' }).sort(byBytes)
  if ((size ?? lstatSync(path).size) < largeDirectory) return readdirSync(path, { encoding: 'latin1' }).sort(byBytes)
  tellManyRecords()
  return sortTexts(namesIn(path), folder)
}

function* namesIn(path: string): Generator<string> {
  const directory = opendirSync(path, { encoding: 'latin1', bufferSize: readAtOnce })
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) yield entry.name
  } finally {
    directory.closeSync()
  }
}
