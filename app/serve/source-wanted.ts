import type { OpenRegistry } from '../../registry/server/open-registry.ts'
import type { Mirror } from '../../retention/ports.ts'
import { createDockerInventory } from '../adapters/docker-inventory.ts'
import { dockerListing } from '../adapters/docker-listing.ts'
import { dockerMirror } from '../adapters/docker-mirror.ts'
import { imageSigners, type NamedKey } from '../adapters/image-signers.ts'
import { inUseReports } from '../adapters/in-use-reports.ts'
import { ownSignatures } from '../adapters/own-signatures.ts'
import { createRegistryInventory } from '../adapters/registry-inventory.ts'
import { type MirrorSource, registryMirror } from '../adapters/registry-mirror.ts'
import { createStoreInventory } from '../adapters/store-inventory.ts'
import type { SignedIn } from '../adapters/trust-roots.ts'
import { diskSpaceOf } from './disk-space.ts'
import type { SourceWanted } from './looked-after.ts'

/** How images are had that are kept fresh, by the environment and files of who started the process. */
export interface FreshImages extends MirrorSource {
  /** Into the builder's own images of a data folder. */
  readonly store: (root: string) => Mirror
}

type PolicyFile = SourceWanted['policyFile']

export interface RegistryWanted {
  readonly registry: OpenRegistry
  readonly signedIn: SignedIn
  readonly fresh: MirrorSource
  readonly root: string
  readonly policyFile: PolicyFile
  /** Keys that policies may name. */
  readonly keys: readonly NamedKey[]
}

/** A registry of this process. */
export function registryWanted({ registry, signedIn, fresh, root, policyFile, keys }: RegistryWanted): SourceWanted {
  const signers = imageSigners(keys, (name) => ownSignatures(registry.service, name))
  return {
    source: 'registry',
    inventory: (trash) => createRegistryInventory({ registry, trash, signedIn, signers }),
    policyFile,
    mirror: registryMirror({ service: registry.service, ...fresh }),
    disk: () => diskSpaceOf(root),
    inUse: inUseReports(registry.contents),
  }
}

/** A Docker daemon; nobody tells how full its disk is. Errors: USAGE, NOT_SUPPORTED for the address. */
export function dockerWanted(host: string, fresh: MirrorSource, policyFile: PolicyFile): SourceWanted {
  return {
    source: 'docker',
    daemon: dockerListing(host),
    inventory: () => createDockerInventory({ host }),
    policyFile,
    mirror: dockerMirror({ host, ...fresh }),
  }
}

/** The builder's own images of a data folder. */
export function storeWanted(root: string, fresh: FreshImages, policyFile: PolicyFile): SourceWanted {
  return {
    source: 'store',
    inventory: () => createStoreInventory({ root }),
    policyFile,
    mirror: fresh.store(root),
    disk: () => diskSpaceOf(root),
  }
}
