import { existsSync } from 'node:fs'
import type { GcRoots } from '../../registry/gc/types.ts'
import type { OpenRegistry } from '../../registry/server/open-registry.ts'
import { createGcAccess } from '../../retention/http/access.ts'
import { gcPaths } from '../../retention/http/api.ts'
import { changesBetween, withLive } from '../../retention/server/config/changes.ts'
import type { BesideConfig } from '../../retention/server/config/schema.ts'
import { retentionLayout } from '../../retention/state/layout.ts'
import type { Changes } from '../../shared/config/changes.ts'
import type { Log } from '../../shared/log/log.ts'
import type { FurtherPaths } from '../../shared/web/further.ts'
import type { NamedKey } from '../adapters/image-signers.ts'
import { readSignerKeys } from '../adapters/signer-keys.ts'
import { trashRoots } from '../adapters/trash-roots.ts'
import type { SignedIn } from '../adapters/trust-roots.ts'
import { type LateTrash, lateTrash } from './late-trash.ts'
import type { SourceWanted } from './looked-after.ts'
import { type LookedAfterAll, lookAfterAll } from './looked-after-all.ts'
import { dockerWanted, type FreshImages, registryWanted, storeWanted } from './source-wanted.ts'

/** Retention in the process of a registry. */
export interface BesideRetention {
  /** What of the registry stays because it is in the trash: for the registry when it is opened. */
  readonly roots: readonly GcRoots[]
  /** Opens what is remembered. Errors: SERVER_BUSY, STORE_INVALID; SERVER_CONFIG_INVALID for keys that cannot be read. */
  open(registry: OpenRegistry, signedIn: SignedIn): Promise<void>
  /** The API, beside that of the registry. */
  readonly paths: readonly FurtherPaths[]
  /** In the text format of Prometheus. */
  readonly metrics: () => Promise<string>
  /** Begins to do by itself what policies want, and to answer the owner of the data folder. */
  begin(): Promise<void>
  /** Brings another configuration into force; files with policies are read again. Paths of keys are those in the file of the registry. */
  apply(config: BesideConfig): Promise<Changes>
  /** Tells what goes on to stop, and waits for it; always true. */
  stop(): Promise<boolean>
  close(): Promise<void>
}

export interface BesideRetentionOptions {
  /** Data folder. */
  readonly root: string
  readonly config: BesideConfig
  readonly fresh: FreshImages
  /** Of this program. */
  readonly version: string
  readonly log: Log
}

/** Nothing is opened yet. */
export function besideRetention(options: BesideRetentionOptions): BesideRetention {
  const { root, config, version, log } = options
  const inForce = { config, access: createGcAccess(config.access) }
  const trash = lateTrash()
  const isKept = (): boolean => existsSync(retentionLayout(root).database('registry'))
  let all: LookedAfterAll | undefined
  return {
    roots: [trashRoots(trash.keeper)],
    async open(registry, signedIn) {
      if (!config.enabled && !isKept()) return trash.settle(undefined)
      const keys = await readSignerKeys(config.signers)
      const wanted = wantedOf(options, { registry, signedIn, keys, inForce })
      const [own, others] = [{ ...wanted.own, inventory: noting(wanted.own, trash) }, wanted.others]
      all = await lookAfterAll(config.enabled ? [own, ...others] : [own], { root, log })
    },
    paths: config.enabled
      ? gcPaths({ sources: () => all?.sources ?? new Map(), access: () => inForce.access, version })
      : [],
    metrics: async () => (await all?.metrics()) ?? '',
    async begin() {
      if (!config.enabled) return
      await all?.serveOwner(version)
      all?.begin()
    },
    async apply(wanted) {
      const changes = changesBetween(inForce.config, wanted)
      inForce.config = withLive(inForce.config, wanted)
      inForce.access = createGcAccess(inForce.config.access)
      if (config.enabled) await all?.reload()
      const inFile = (path: string): string => `retention.${path}`
      return { live: changes.live.map(inFile), atRestart: changes.atRestart.map(inFile) }
    },
    async stop() {
      await all?.stop()
      return true
    },
    close: async () => all?.close(),
  }
}

interface Opened {
  readonly registry: OpenRegistry
  readonly signedIn: SignedIn
  readonly keys: readonly NamedKey[]
  readonly inForce: { readonly config: BesideConfig }
}

function wantedOf(
  { root, config, fresh }: BesideRetentionOptions,
  { registry, signedIn, keys, inForce }: Opened,
): { readonly own: SourceWanted; readonly others: readonly SourceWanted[] } {
  const { docker, store } = config
  const own = registryWanted({ registry, signedIn, keys, fresh, root, policyFile: () => inForce.config.policy })
  const others = [
    ...(docker.host === '' ? [] : [dockerWanted(docker.host, fresh, () => inForce.config.docker.policy)]),
    ...(store.enabled ? [storeWanted(root, fresh, () => inForce.config.store.policy)] : []),
  ]
  return { own, others }
}

/** Its inventory, of whose trash somebody is told. */
function noting({ inventory }: SourceWanted, late: LateTrash): SourceWanted['inventory'] {
  return (trash) => {
    late.settle(trash)
    return inventory(trash)
  }
}
