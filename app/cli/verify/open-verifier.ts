import { join } from 'node:path'
import type { ImageVerifier } from '../../../builder/ports.ts'
import { folderTrustCache } from '../../../notary/client/cache/folder-cache.ts'
import { everythingSigned, signedOtherwise } from '../../../notary/policy/requirements.ts'
import type { Policy } from '../../../notary/policy/types.ts'
import type { RegistryClient } from '../../../registry/client/types.ts'
import { imageVerifier } from '../../adapters/image-verifier.ts'
import { registryLooks } from '../../adapters/registry-looks.ts'
import { trustServers } from '../../adapters/trust-servers.ts'
import { trustConnection } from '../trust-connection.ts'
import { readPolicyFile } from './policy-file.ts'
import type { TrustChoice } from './trust-choice.ts'

/** What a verifier of a command works with. */
export interface VerifierScope {
  /** Data folder. */
  readonly root: string
  /** The registries in which images are. */
  readonly client: () => Promise<RegistryClient>
  readonly onNotice: (message: string) => void
}

/** A verifier with connections of its own. */
export interface OpenVerifier extends ImageVerifier {
  close(): Promise<void>
}

/** The verifier for what was chosen. Errors: TRUST_POLICY_INVALID, USAGE, REGISTRIES_INVALID. */
export async function openVerifier(
  choice: Extract<TrustChoice, { kind: 'on' }>,
  { root, client, onNotice }: VerifierScope,
): Promise<OpenVerifier> {
  const policy = policyOf(choice)
  const servers = trustServers(await trustConnection(onNotice), process.env['DOCKER_CONTENT_TRUST_SERVER'])
  const cache = folderTrustCache(join(root, 'trust'))
  const access = { source: servers.source, cache, onNotice, registry: registryLooks(client) }
  return { ...imageVerifier(policy, access), close: async () => servers.close() }
}

function policyOf({ policy: file, asked }: Extract<TrustChoice, { kind: 'on' }>): Policy {
  const all = everythingSigned(asked === 'docker' ? 'DOCKER_CONTENT_TRUST' : '--verify', {
    digests: asked === 'docker' ? 'accept' : 'verify',
  })
  if (file === undefined) return all
  const policy = readPolicyFile(file)
  return asked === undefined ? policy : signedOtherwise(policy, all.otherwise)
}
