import { everythingSigned, signedOtherwise } from '../../../notary/policy/requirements.ts'
import type { Policy } from '../../../notary/policy/types.ts'
import { type ClosableVerifier, type PolicyVerifierOptions, policyVerifier } from '../../adapters/policy-verifier.ts'
import { trustConnection } from '../trust-connection.ts'
import { readPolicyFile } from './policy-file.ts'
import type { TrustChoice } from './trust-choice.ts'

/** What a verifier of a command works with. */
export type VerifierScope = Pick<PolicyVerifierOptions, 'root' | 'client' | 'onNotice'>

/** The verifier for what was chosen. Errors: TRUST_POLICY_INVALID, USAGE, REGISTRIES_INVALID. */
export async function openVerifier(
  choice: Extract<TrustChoice, { kind: 'on' }>,
  scope: VerifierScope,
): Promise<ClosableVerifier> {
  const policy = policyOf(choice)
  const connection = await trustConnection(scope.onNotice)
  return policyVerifier({ ...scope, policy, connection, server: process.env['DOCKER_CONTENT_TRUST_SERVER'] })
}

function policyOf({ policy: file, asked }: Extract<TrustChoice, { kind: 'on' }>): Policy {
  const all = everythingSigned(asked === 'docker' ? 'DOCKER_CONTENT_TRUST' : '--verify', {
    digests: asked === 'docker' ? 'accept' : 'verify',
  })
  if (file === undefined) return all
  const policy = readPolicyFile(file)
  return asked === undefined ? policy : signedOtherwise(policy, all.otherwise)
}
