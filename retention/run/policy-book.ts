import { IbuildError } from '../../shared/base/errors.ts'
import { createSlots } from '../../shared/base/slots.ts'
import { PolicyRefused } from '../policy/policy-refused.ts'
import { withLines } from '../policy/problem-lines.ts'
import { auditChange } from '../state/audit.ts'
import { addPolicy, currentPolicy, policyHash, policyVersion, policyVersions } from '../state/policies.ts'
import { beyondLimits } from './beyond-limits.ts'
import type { Parts } from './parts.ts'
import { policyOf } from './policy-problems.ts'
import type { PolicyBook, PolicyCheck, PolicyVersion } from './types.ts'
import { unknownSigners } from './unknown-signers.ts'

/** Versions of the policy, of which the last one is in force. */
export function createPolicyBook(parts: Parts): PolicyBook {
  const { rows } = parts
  const turn = createSlots(1)
  const put = async (
    before: PolicyVersion,
    policy: Pick<PolicyVersion, 'text' | 'by' | 'restores'>,
  ): Promise<PolicyVersion> => {
    const at = parts.now()
    const about = { version: before.version + 1, hash: policyHash(policy.text), restores: policy.restores ?? null }
    const others = auditChange({ at, by: policy.by, action: 'policy', about })
    const added = await addPolicy(rows, before, { policy: { restores: undefined, ...policy, at }, others })
    if (added === undefined) throw new IbuildError('RETENTION_BUSY', 'another policy was put in force at the same time')
    parts.log.info('another policy of retention is in force', { version: added.version, by: added.by })
    return added
  }
  const show: PolicyBook['show'] = async (version) => {
    if (version === undefined) return currentPolicy(rows)
    const found = await policyVersion(rows, version)
    if (found === undefined)
      throw new IbuildError('OBJECT_NOT_FOUND', `there is no version ${version} of the policy`, {
        hint: 'ibuild gc policy versions lists those that there are.',
      })
    return found
  }
  return {
    show,
    versions: async () => (await policyVersions(rows)).map(withoutText),
    check: async (text) => checkPolicy(text, parts),
    set: async (text, by) =>
      turn(async () => {
        const before = await currentPolicy(rows)
        const { problems } = await checkPolicy(text, parts)
        if (problems.length > 0) throw new PolicyRefused(problems)
        return text === before.text ? before : put(before, { text, by })
      }),
    revert: async (version, by) =>
      turn(async () => {
        const before = await currentPolicy(rows)
        if (version === undefined && before.version === 0)
          throw new IbuildError('OBJECT_NOT_FOUND', 'there is no policy before the one in force', {
            hint: 'ibuild gc policy versions lists those that there are.',
          })
        const { version: restores, text } = await show(version ?? before.version - 1)
        policyOf(text, parts.readPolicy)
        return put(before, { text, by, restores })
      }),
  }
}

function withoutText(version: PolicyVersion): Omit<PolicyVersion, 'text'> {
  const { text: _, ...told } = version
  return told
}

async function checkPolicy(text: string, { readPolicy, inventory, now }: Parts): Promise<PolicyCheck> {
  const read = readPolicy(text)
  if (!('policy' in read)) return read
  const unknown = unknownSigners(read.policy, inventory)
  if (unknown.length > 0) return { problems: withLines(unknown, text), warnings: read.warnings }
  return { problems: await beyondLimits(read.policy, inventory, now()), warnings: read.warnings }
}
