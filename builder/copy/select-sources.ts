import { digestOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { textOf } from '../context/byte-text.ts'
import { BadPattern, hasWildcard } from '../context/go-match.ts'
import { baseOf, joinPath, type LayerEntry, type LayerPath } from '../layers/entry.ts'
import { resolvePath } from '../layers/resolve.ts'
import type { FileTree } from '../layers/tree.ts'
import { parseModeChange } from './chmod.ts'
import { keyScope, listing, listingDigest } from './listing.ts'
import { located } from './located.ts'
import { missingSource } from './missing.ts'
import { expandWildcards, literalPrefix, sourcePath } from './source-words.ts'
import type { CopySelection, KeyPart, SelectedSource, SelectRequest, SourceListing } from './types.ts'

/**
 * Finds and hashes the sources of a COPY or ADD (1.9 C01-C04). The target is not needed, so that a step can be looked up
 * in the cache before anything below it is opened. Errors: COPY_SOURCE_MISSING, DOCKERFILE_SYNTAX (`--chmod`, a malformed
 * wildcard), NOT_SUPPORTED (URLs), and those of the source.
 */
export function selectSources(request: SelectRequest): Promise<CopySelection> {
  return located(request.location, () => selectAll(request))
}

async function selectAll(request: SelectRequest): Promise<CopySelection> {
  if (request.chmod !== undefined) parseModeChange(request.chmod, request.location)
  const sources: SelectedSource[] = []
  const keyParts: KeyPart[] = []
  const listings: SourceListing[] = []
  for (const word of request.sources) {
    const selected: SelectedSource[] = []
    for (const named of namedPaths(request, word)) selected.push(await selectOne(request, word, named))
    sources.push(...selected)
    const contents = selected.map((source) => listingOf(request, source))
    listings.push(...contents)
    keyParts.push(...wordParts(word, selected, contents))
  }
  for (const { name, content } of request.inlineFiles) keyParts.push({ name: `file ${name}`, value: digestOf(content) })
  return { request, sources, keyParts, listings }
}

function namedPaths(request: SelectRequest, word: string): readonly LayerPath[] {
  refuseRemote(request, word)
  const path = sourcePath(word)
  const literal = literalPrefix(path)
  if (resolvePath(request.source, literal, { followLast: true }).entry === undefined) {
    throw missingSource(request, word, literal)
  }
  try {
    return expandWildcards(request.source, path)
  } catch (error) {
    if (!(error instanceof BadPattern)) throw error
    throw new IbuildError('DOCKERFILE_SYNTAX', `${request.kind}: the pattern ${JSON.stringify(word)} is malformed`, {
      cause: error,
      location: request.location,
      hint: 'To name a file with [ in its name, write [[] for it.',
    })
  }
}

function refuseRemote({ kind, location }: SelectRequest, word: string): void {
  const what = /^https?:\/\//.test(word)
    ? 'a URL'
    : /^(?:git:\/\/|ssh:\/\/|git@[^/]*:)/.test(word)
      ? 'a git ref'
      : undefined
  if (what === undefined) return
  if (kind === 'ADD') throw new IbuildError('NOT_SUPPORTED', `ADD of ${what} is not supported yet`, { location })
  throw new IbuildError('DOCKERFILE_SYNTAX', `source can't be ${what} for COPY`, { location })
}

async function selectOne(request: SelectRequest, word: string, named: LayerPath): Promise<SelectedSource> {
  const { source } = request
  const { path, entry } = resolvePath(source, named, { followLast: true })
  if (entry === undefined) throw missingSource(request, word, named)
  if (entry.type === 'file') return { named, path, entry: await withDigest(source, entry), below: [] }
  if (entry.type !== 'dir') return { named, path, entry, below: [] }
  const below = { [Symbol.iterator]: () => walkBelow(source, path)[Symbol.iterator]() }
  await source.digestBelow?.(path)
  return { named, path, entry, below }
}

function walkBelow(source: FileTree, directory: LayerPath): Iterable<LayerEntry> {
  return source.walk === undefined ? walkLists(source, directory) : source.walk(directory)
}

function* walkLists(source: FileTree, directory: LayerPath): Generator<LayerEntry> {
  for (const name of source.list(directory)) {
    const path = joinPath(directory, name)
    const entry = source.lstat(path)
    if (entry === undefined) continue
    yield entry
    if (entry.type === 'dir') yield* walkLists(source, path)
  }
}

async function withDigest(source: FileTree, entry: LayerEntry): Promise<LayerEntry> {
  return entry.digest === undefined ? { ...entry, digest: await source.digest(entry.path) } : entry
}

function listingOf(request: SelectRequest, source: SelectedSource): SourceListing {
  const pieces = (): Iterable<string> => listing(source, keyScope(request))
  return { path: source.named, digest: listingDigest(pieces()), pieces }
}

/** One part for a plain word; for a wildcard one for each match and one for which they are. */
function wordParts(
  word: string,
  selected: readonly SelectedSource[],
  listings: readonly SourceListing[],
): readonly KeyPart[] {
  const isPattern = hasWildcard(word)
  const contents = listings.map(({ path, digest }) => ({
    name: `content of ${textOf(path) || '.'}`,
    value: isPattern ? digest : `${textOf(baseOf(path))} ${digest}`,
  }))
  if (!isPattern) return contents
  const matches = selected.map(({ named }) => textOf(named) || '.')
  return [{ name: `matches of ${word}`, value: JSON.stringify(matches) }, ...contents]
}
