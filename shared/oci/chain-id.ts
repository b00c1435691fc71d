import { type Digest, digestOf } from '../base/digest.ts'

/**
 * The chainID of every prefix of a stack of layers, the base first (OCI image-spec, config.md): the first is the diffID,
 * each next the digest of "previous chainID, space, diffID".
 */
export function chainIDs(diffIDs: readonly Digest[]): Digest[] {
  const chain: Digest[] = []
  for (const diffID of diffIDs) chain.push(nextChainID(chain.at(-1), diffID))
  return chain
}

/** The chainID of one more layer on top of `parent` (undefined: nothing below). */
export function nextChainID(parent: Digest | undefined, diffID: Digest): Digest {
  return parent === undefined ? diffID : digestOf(`${parent} ${diffID}`)
}
