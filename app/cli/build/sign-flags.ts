import { declareSignFlags } from '../sign/sign-flags.ts'
import type { SignFlags } from '../sign/sign-types.ts'
import type { FlagGroup } from './flag-group.ts'

/** Who signs what is pushed; the signer that a build gets is made of what is said here. */
export const signFlags: FlagGroup<SignFlags> = { declare: declareSignFlags, toOptions: () => ({}) }
