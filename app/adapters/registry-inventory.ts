import type { ContentFacts, ImageDetails } from '../../registry/inventory/types.ts'
import { isName, isTag, type RepositoryName } from '../../registry/protocol/names.ts'
import type { OpenRegistry } from '../../registry/server/open-registry.ts'
import type { ItemFacts, ItemName, RepositoryFacts, Wants } from '../../retention/facts.ts'
import type { Inventory, TrashKeeper } from '../../retention/ports.ts'
import { isDigest } from '../../shared/base/digest.ts'
import { inParallel } from '../../shared/base/in-parallel.ts'
import { type ImageSigners, imageSigners, type Signers } from './image-signers.ts'
import { freedFromRegistry } from './registry-inventory-freed.ts'
import { createSignedLook, guardsOf, type SignedNames } from './registry-inventory-guards.ts'
import { removeFromRegistry } from './registry-inventory-remove.ts'
import { undoInRegistry } from './registry-inventory-undo.ts'
import type { SignedIn } from './trust-roots.ts'

export interface RegistryInventoryOptions {
  readonly registry: Pick<OpenRegistry, 'service' | 'contents' | 'gc'>
  readonly trash: TrashKeeper
  /** What collections sign of a repository; see `registryTrust`. */
  readonly signedIn: SignedIn
  /** Keys of the operator, by which images are signed besides. Without it nobody can ask for any. */
  readonly signers?: ImageSigners | undefined
}

/** Images that are read at the same time for what only their bytes, or those beside them, tell. */
const atOnce = 16

const nobody = imageSigners([], () => {
  throw new Error('nobody is asked for')
})

/**
 * An open registry as retention sees it. A tag that is taken away leaves its manifest where it is, pullable by its digest, as long as the
 * trash has it: see {@link trashRoots}. Of a manifest without a tag nothing goes before it is purged. Signatures of cosign and lists of
 * referrers are no items while what they are about is there, and go with it when it is purged. Errors: those of the stores, and of asking
 * collections.
 */
export function createRegistryInventory({
  registry,
  trash,
  signedIn,
  signers = nobody,
}: RegistryInventoryOptions): Inventory {
  const { contents } = registry
  const signed = createSignedLook(signedIn)

  const factsOf = async (
    repository: RepositoryName,
    all: readonly ContentFacts[],
    known: { readonly wants: Wants; readonly signed: SignedNames },
  ): Promise<readonly ItemFacts[]> => {
    const { created, labels, keys = [] } = known.wants
    const wantsBytes = created || labels
    if (!wantsBytes && keys.length === 0) return all.map((one) => factsFrom(repository, one, known))
    return inParallel(all, { atOnce }, async (one) => {
      const { digest, tag } = one
      const details = wantsBytes ? await contents.details(repository, digest) : undefined
      const asksKeys = keys.length > 0 && tag !== undefined
      const beside = asksKeys ? await signers.look(repository, digest, keys) : undefined
      return factsFrom(repository, one, { ...known, details, beside })
    })
  }
  const withoutTrashed = async (repository: string, all: readonly ContentFacts[]): Promise<readonly ContentFacts[]> => {
    const untagged = all.filter(({ tag }) => tag === undefined).map(({ digest }) => digest)
    if (untagged.length === 0) return all
    const trashed = await trash.keeps(repository, untagged)
    return all.filter(({ tag, digest }) => tag !== undefined || !trashed.has(digest))
  }
  async function* items(repository: string, wants: Wants): AsyncGenerator<readonly ItemFacts[]> {
    if (!isName(repository)) return
    const names = await signed.recently(repository)
    for await (const page of contents.all(repository)) {
      const shown = await withoutTrashed(repository, page)
      if (shown.length > 0) yield await factsOf(repository, shown, { wants, signed: names })
    }
  }
  const item = async (asked: ItemName, wants: Wants): Promise<ItemFacts | undefined> => {
    const { repository } = asked
    const found = await findContent(contents, asked)
    if (found === undefined || !isName(repository)) return undefined
    return (await factsOf(repository, [found], { wants, signed: await signed.now(repository) }))[0]
  }
  async function* repositories(): AsyncGenerator<RepositoryFacts> {
    const pullsKnownSince = await contents.pullsKnownSince()
    for await (const repository of contents.repositories()) yield { repository, pullsKnownSince }
  }
  return {
    source: 'registry',
    canUndo: true,
    signers: signers.names,
    revision: async () => contents.revision(),
    repositories,
    items,
    item,
    freedBy: async (names) => freedFromRegistry(registry, names),
    remove: async (name, expected) => removeFromRegistry({ ...registry, trash, item }, name, expected),
    undo: undoInRegistry(registry),
  }
}

async function findContent(
  contents: OpenRegistry['contents'],
  { kind, repository, name }: ItemName,
): Promise<ContentFacts | undefined> {
  if (!isName(repository)) return undefined
  if (kind === 'tag') return isTag(name) ? contents.tag(repository, name) : undefined
  return kind === 'untagged' && isDigest(name) ? contents.untagged(repository, name) : undefined
}

interface Known {
  readonly wants: Wants
  readonly signed: SignedNames
  readonly details?: ImageDetails | undefined
  /** What lies beside it. */
  readonly beside?: Signers | undefined
}

function factsFrom(repository: string, content: ContentFacts, { wants, signed, details, beside }: Known): ItemFacts {
  const { tag, digest, size, at, pulledAt } = content
  const facts: ItemFacts = {
    kind: tag === undefined ? 'untagged' : 'tag',
    repository,
    name: tag ?? digest,
    digest,
    size,
    pushedAt: at,
    pulledAt,
    guards: guardsOf(content, signed),
  }
  if (!wants.created && !wants.labels && !wants.signatures && beside === undefined) return facts
  return {
    ...facts,
    ...(wants.created && { createdAt: details?.createdAt }),
    ...(wants.labels && { labels: details?.labels }),
    ...(wants.signatures && {
      signedBy: tag === undefined ? [] : [...signed.roles(digest, tag), ...(beside?.names ?? [])],
    }),
    ...(beside?.unknown !== undefined && { signersUnknown: beside.unknown }),
  }
}
