import { partsOf } from '../../notary/policy/evaluate.ts'
import { readRequirement } from '../../notary/policy/read-requirement.ts'
import type { Requirement } from '../../notary/policy/types.ts'
import type { Gun } from '../../notary/tuf/types.ts'
import type { Signatures } from '../../registry/gate/types.ts'
import { failAt, type JsonPlace } from '../../shared/base/json.ts'
import { type GateAccess, RequirementJudge } from './requirement-judge.ts'

/** Holds content of a registry against requirements of a policy, by what collections say. */
export function gateSignatures(access: GateAccess): Signatures {
  const changes = new Map<Gun, number>()
  access.notary?.watch((gun) => changes.set(gun, (changes.get(gun) ?? 0) + 1))
  return {
    judgeFor(require, path) {
      const place: JsonPlace = { code: 'SERVER_CONFIG_INVALID', path }
      const requirement = readRequirement(require, place, access.files)
      refuseWhatIsNotHere(requirement, access, place)
      return new RequirementJudge(requirement, access, (gun) => String(changes.get(gun) ?? 0))
    },
  }
}

function refuseWhatIsNotHere(requirement: Requirement, { notary, usual }: GateAccess, place: JsonPlace): void {
  for (const part of partsOf(requirement)) {
    if (part.kind === 'notary' && (part.server ?? usual) === undefined && notary === undefined)
      failAt(place, 'names no server, and no notary runs here: write server: https://HOST:PORT, or trust.server')
  }
}
