import { lstatSync } from 'node:fs'
import { errnoOf, IbuildError } from '../../../shared/base/errors.ts'
import type { ClosableVerifier } from '../../adapters/policy-verifier.ts'
import type { VerifierScope } from './open-verifier.ts'
import { type TrustChoice, trustChoice, type VerifyFlags } from './trust-choice.ts'

/** What flags, environment and files say of signatures. Errors: USAGE. */
export function trustChoiceOf(flags: VerifyFlags): TrustChoice {
  return trustChoice(flags, process.env, isThere)
}

/**
 * A link that leads nowhere is there: a policy that was lost must not let everything in. Errors: TRUST_POLICY_INVALID when nobody can
 * tell, as in a folder that others keep to themselves.
 */
export function isThere(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) !== undefined
  } catch (cause) {
    if (errnoOf(cause) === 'ENOTDIR') return false
    const problem = `whether there is a policy ${file} cannot be told (${errnoOf(cause) ?? 'unknown reason'})`
    throw new IbuildError('TRUST_POLICY_INVALID', problem, {
      hint: 'Let the folder be read, name a policy with --trust-policy, or turn verification off with --no-verify.',
      cause,
    })
  }
}

/**
 * Who verifies images; undefined when nobody does. The code for it is loaded, and the policy read, when the first image is asked
 * about.
 */
export function verifierFor(choice: TrustChoice, scope: VerifierScope): ClosableVerifier | undefined {
  if (choice.kind === 'off') return undefined
  let opened: Promise<ClosableVerifier> | undefined
  const open = async (): Promise<ClosableVerifier> => (await import('./open-verifier.ts')).openVerifier(choice, scope)
  const once = async (): Promise<ClosableVerifier> => {
    opened ??= open()
    return opened
  }
  return {
    verify: async (...args) => (await once()).verify(...args),
    checkUnnamed: async (text) => (await once()).checkUnnamed(text),
    // That it could not be opened was told to who asked.
    close: async () => (await opened?.catch(() => undefined))?.close(),
  }
}
