import { join } from 'node:path'
import type { ImageVerifier } from '../../builder/ports.ts'
import { folderTrustCache } from '../../notary/client/cache/folder-cache.ts'
import type { TrustServerOptions } from '../../notary/client/trust-server.ts'
import { readPolicy } from '../../notary/policy/read-policy.ts'
import { everythingSigned } from '../../notary/policy/requirements.ts'
import type { Policy } from '../../notary/policy/types.ts'
import type { RegistryClient } from '../../registry/client/types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { parseJson } from '../../shared/base/json.ts'
import { imageVerifier } from './image-verifier.ts'
import { policyFiles } from './policy-files.ts'
import { registryLooks } from './registry-looks.ts'
import { trustServers } from './trust-servers.ts'

/** Verifies images for `build`, `pullImage`, `runImage` and `copyImage`; with connections of its own. */
export interface ClosableVerifier extends ImageVerifier {
  /** Ends the connections. */
  close(): Promise<void>
}

export interface PolicyVerifierOptions {
  readonly policy: Policy
  /** Data folder, in which is remembered what was seen of collections. */
  readonly root: string
  /** How trust servers are reached. */
  readonly connection: Omit<TrustServerOptions, 'url'>
  /** The trust server where the policy names none; else the one that the name of an image leads to. */
  readonly server: string | undefined
  /** The registries in which images are. */
  readonly client: () => Promise<RegistryClient>
  readonly onNotice: (message: string) => void
}

/** Verifies images by a policy. Nothing is asked before the first image is. */
export function policyVerifier({
  policy,
  root,
  connection,
  server,
  client,
  onNotice,
}: PolicyVerifierOptions): ClosableVerifier {
  const servers = trustServers(connection, server)
  const cache = folderTrustCache(join(root, 'trust'))
  const access = { source: servers.source, cache, onNotice, registry: registryLooks(client) }
  return { ...imageVerifier(policy, access), close: async () => servers.close() }
}

/** A policy as a program has it: plain data, or none, when all has to be signed by somebody. Errors: TRUST_POLICY_INVALID. */
export function policyOfData(data: unknown, folder: string | undefined): Policy {
  if (data === undefined) return everythingSigned('openVerifier')
  const files = policyFiles(folder ?? '/')
  const noFolder = (path: string): never => {
    throw new IbuildError('TRUST_POLICY_INVALID', `${path} is relative to a folder, and none is given`)
  }
  const value = parseJson(JSON.stringify(data) ?? 'null', { what: 'policy' })
  return readPolicy(value, 'policy', folder === undefined ? { ...files, read: noFolder } : files)
}
