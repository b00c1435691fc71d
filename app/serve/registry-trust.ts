import { join } from 'node:path'
import { folderTrustCache } from '../../notary/client/cache/folder-cache.ts'
import type { TrustServerOptions } from '../../notary/client/trust-server.ts'
import type { NotaryService } from '../../notary/service/types.ts'
import type { SignedDigests } from '../../notary/tuf/signed-digests.ts'
import { memoryTrustCache } from '../../notary/verifier/memory-cache.ts'
import type { MetadataSource } from '../../notary/verifier/types.ts'
import { type GunNames, gunNames } from '../../registry/access/gun-names.ts'
import type { GcRoots } from '../../registry/gc/types.ts'
import type { ServerConfig } from '../../registry/server/config/schema.ts'
import { checkGate, type SignaturesFor } from '../../registry/server/gate.ts'
import { ownHosts } from '../../registry/server/own-hosts.ts'
import type { Log } from '../../shared/log/log.ts'
import { parseAddress } from '../../shared/web/address.ts'
import { ownSignatures } from '../adapters/own-signatures.ts'
import { policyFiles } from '../adapters/policy-files.ts'
import { gateSignatures } from '../adapters/pull-gate.ts'
import { storedCollections } from '../adapters/stored-collections.ts'
import { type SignedIn, signedElsewhere, signedHere, trustRoots } from '../adapters/trust-roots.ts'
import { type TrustServers, trustServers } from '../adapters/trust-servers.ts'

/** How trust servers elsewhere are reached. */
export type TrustConnection = Omit<TrustServerOptions, 'url'>

export interface RegistryTrustOptions {
  /** Data folder. */
  readonly root: string
  /** To which paths of keys in the configuration are relative. */
  readonly folder: string
  /** In force. */
  readonly config: () => Pick<ServerConfig, 'trust' | 'hosts' | 'listen' | 'tls'>
  /** The notary in this process, if one runs here. */
  readonly notary: NotaryService | undefined
  /** Asked for when a trust server elsewhere is to be reached for the first time. */
  readonly connection: (onNotice: (text: string) => void) => Promise<TrustConnection>
  readonly log: Pick<Log, 'warn'>
}

/** What signatures are to a registry: what they let through, and what they keep. */
export interface RegistryTrust extends AsyncDisposable {
  readonly signatures: SignaturesFor
  readonly roots: readonly GcRoots[]
  /** What collections sign, wherever they are. */
  readonly signedIn: SignedIn
}

export function registryTrust(options: RegistryTrustOptions): RegistryTrust {
  const { root, config, notary, log } = options
  const onNotice = (notice: string): void => log.warn(notice)
  const elsewhere = lazyServers(() => options.connection(onNotice))
  const stored = storedCollections(root, onNotice)
  const names: { current: () => GunNames } = { current: () => gunNames(ownHosts(config(), urlIn(config()))) }
  const [here, remembered] = [memoryTrustCache(), folderTrustCache(join(root, 'trust'))]
  const signedIn = signedAnywhere()
  const usual = (): string | undefined => config().trust.server || undefined
  return {
    signatures: ({ names: current, service }) => {
      names.current = current
      return gateSignatures({
        names: current,
        notary,
        get usual() {
          return usual()
        },
        server: elsewhere.source,
        signatures: (name) => ownSignatures(service, name),
        cache: (url) => (url === undefined ? here : remembered),
        files: policyFiles(options.folder),
        now: Date.now,
      })
    },
    roots: [trustRoots(signedIn)],
    signedIn,
    async [Symbol.asyncDispose]() {
      await Promise.all([elsewhere.close(), stored[Symbol.asyncDispose]()])
    },
  }

  function signedAnywhere(): SignedIn {
    const inNotary = notary === undefined ? stored.signedIn : signedHere(notary)
    return async (name: string): Promise<readonly SignedDigests[]> => {
      const server = usual()
      if (server === undefined) return [...(await inNotary(name))]
      const there = signedElsewhere(elsewhere.source(server), () => names.current())
      // Another process may have the collections of the data folder open, and then it is the one that is asked.
      const own = notary === undefined ? [] : await inNotary(name)
      return [...own, ...(await there(name))]
    }
  }
}

/** Where a registry would be served. */
function urlIn({ listen, tls }: Pick<ServerConfig, 'listen' | 'tls'>): string {
  return `${tls.mode === 'off' ? 'http' : 'https'}://localhost:${parseAddress(listen, 'listen').port}`
}

/** Checks what must be signed to be pulled, as a start does. Errors: SERVER_CONFIG_INVALID. */
export function checkPulls(config: ServerConfig, folder: string, hasNotary: boolean): void {
  const nothing: MetadataSource = { fetch: async () => undefined }
  const signatures = gateSignatures({
    names: () => gunNames([]),
    notary: hasNotary ? { file: async () => undefined, watch: () => undefined } : undefined,
    usual: config.trust.server || undefined,
    server: () => nothing,
    signatures: () => {
      throw new Error('nothing is pulled while a configuration is checked')
    },
    cache: () => memoryTrustCache(),
    files: policyFiles(folder),
    now: Date.now,
  })
  checkGate(config, signatures)
}

interface LazyServers {
  readonly source: (url: string) => MetadataSource
  close(): Promise<void>
}

function lazyServers(connect: () => Promise<TrustConnection>): LazyServers {
  let servers: Promise<TrustServers> | undefined
  const open = (): Promise<TrustServers> => {
    servers ??= connect().then((connection) => trustServers(connection, undefined))
    servers.catch(() => {
      servers = undefined
    })
    return servers
  }
  return {
    source: (url) => ({
      fetch: async (gun, name, limits) => (await open()).source(gun, url).fetch(gun, name, limits),
    }),
    close: async () => (await servers?.catch(() => undefined))?.close(),
  }
}
