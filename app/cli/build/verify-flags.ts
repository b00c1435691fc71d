import type { VerifyFlags } from '../verify/trust-choice.ts'
import { declareVerifyFlags } from '../verify/verify-flags.ts'
import type { FlagGroup } from './flag-group.ts'

/** Which images have to be signed; the verifier that a build gets is made of what is said here and elsewhere. */
export const verifyFlags: FlagGroup<VerifyFlags> = { declare: declareVerifyFlags, toOptions: () => ({}) }
