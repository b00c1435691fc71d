import type { Digest } from '../../shared/base/digest.ts'
import { lastPart, readOrNothing } from '../../shared/rows/row-kind.ts'
import { RegistryError } from '../protocol/error.ts'
import { parseManifest } from '../protocol/manifest.ts'
import type { RepositoryName } from '../protocol/names.ts'
import { type GoneRow, goneRows, type HistoryRow, historyRows, manifestRows } from '../storage/rows.ts'
import type { ServiceParts } from './parts.ts'
import { longestHistory } from './tag-change.ts'
import type { ManifestService, TagMove } from './types.ts'

export interface HistoryParts extends Pick<ServiceParts, 'metadata'> {
  readonly manifests: Pick<ManifestService, 'get'>
}

/** What is remembered of a tag: {@link TagHistory.moves}. */
export async function listMoves(parts: HistoryParts, name: RepositoryName, tag: string): Promise<readonly TagMove[]> {
  const { metadata } = parts
  const rows = await metadata.list({ prefix: historyRows.prefix(name, tag), limit: longestHistory, reverse: true })
  const moves = rows.flatMap(({ key, value }) => {
    const row = readOrNothing<HistoryRow>(historyRows, key, value)
    return row === undefined ? [] : [{ ...row, move: Number(lastPart(key)) }]
  })
  if (moves.length === 0) throw unknownTag(name, tag)
  const digests = [...new Set(moves.flatMap(({ digest }) => digest ?? []))]
  const states = new Map(
    await Promise.all(digests.map(async (each) => [each, await stateOf(parts, name, each)] as const)),
  )
  return moves.map((move) => ({ ...move, ...(move.digest && states.get(move.digest)) }))
}

type State = Pick<TagMove, 'size' | 'goneSince' | 'isPullable'>

async function stateOf(parts: HistoryParts, name: RepositoryName, digest: Digest): Promise<State> {
  const goneKey = goneRows.key(name, digest)
  const [manifest, gone] = await parts.metadata.getMany([manifestRows.key(name, digest), goneKey])
  if (manifest !== undefined) {
    const size = await bytesOf(parts, name, digest)
    return { isPullable: size !== undefined, size }
  }
  const row = gone === undefined ? undefined : readOrNothing<GoneRow>(goneRows, goneKey, gone)
  return { isPullable: false, goneSince: row?.at }
}

/** Manifests of one image that are looked at: an index may name any number, and these others. */
const mostManifests = 200

/** Bytes of a manifest and of all that it names, as far as that is there. Undefined when it cannot be read. */
async function bytesOf({ manifests }: HistoryParts, name: RepositoryName, top: Digest): Promise<number | undefined> {
  const sizes = new Map<Digest, number>()
  const wanted = new Set([top])
  for (const digest of wanted) {
    const found = await manifests.get(name, { digest }).catch(undefinedIfRefused)
    if (found === undefined && digest === top) return undefined
    if (found === undefined) continue
    sizes.set(digest, found.bytes.byteLength)
    const facts = parseManifest(found.bytes, found.mediaType)
    for (const blob of facts.blobs) sizes.set(blob.digest, blob.size)
    for (const child of facts.manifests) if (wanted.size < mostManifests) wanted.add(child.digest)
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0)
}

function undefinedIfRefused(error: unknown): undefined {
  if (!(error instanceof RegistryError)) throw error
}

/** Where a tag is taken back to. Errors: MANIFEST_UNKNOWN, for what is not in the history and for what is gone. */
export function chooseMove(
  { name, tag }: { readonly name: string; readonly tag: string },
  moves: readonly TagMove[],
  to: number | Digest | undefined,
): TagMove & { readonly digest: Digest } {
  const found = moves.find((each, i) => isMeant(each, i === 0 ? undefined : moves[0], to))
  if (found === undefined) throw notInHistory(name, tag, to)
  const { digest, move, isPullable, goneSince } = found
  if (digest === undefined) {
    throw new RegistryError(
      'MANIFEST_UNKNOWN',
      `move ${move} deleted the tag ${tag} of ${name}: there is nothing to go back to`,
    )
  }
  if (isPullable !== true) throw manifestGone({ name, tag }, { digest, move, goneSince })
  return { ...found, digest }
}

/** The error for a move whose manifest is no more. */
export function manifestGone(
  { name, tag }: { readonly name: string; readonly tag: string },
  { digest, move, goneSince }: Pick<TagMove, 'digest' | 'move' | 'goneSince'>,
): RegistryError {
  const since = goneSince === undefined ? '' : ` since ${new Date(goneSince).toISOString()}`
  return new RegistryError('MANIFEST_UNKNOWN', `${digest}, which move ${move} set ${name}:${tag} to, is gone${since}`)
}

/** `current` is undefined for the last move itself. */
function isMeant(each: TagMove, current: TagMove | undefined, to: number | Digest | undefined): boolean {
  if (to !== undefined) return to === each.move || to === each.digest
  return current !== undefined && each.digest !== undefined && each.digest !== current.digest
}

function notInHistory(name: string, tag: string, to: number | Digest | undefined): RegistryError {
  const what = to === undefined ? 'another manifest' : typeof to === 'number' ? `a move ${to}` : `the manifest ${to}`
  return new RegistryError('MANIFEST_UNKNOWN', `the history of ${name}:${tag} does not have ${what}`)
}

function unknownTag(name: string, tag: string): RegistryError {
  return new RegistryError('MANIFEST_UNKNOWN', `${name} never had the tag ${tag}, as far as is remembered`, {
    detail: { name, tag },
  })
}
