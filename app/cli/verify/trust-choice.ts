import { join } from 'node:path'
import { IbuildError } from '../../../shared/base/errors.ts'
import { configFolder, type Environment } from '../config-folder.ts'

/** What a command line says of signatures. */
export interface VerifyFlags {
  /** `--verify` and `--no-verify`. */
  readonly verify?: boolean
  readonly trustPolicy?: string
}

/** Whether signatures are looked at, and by which policy. */
export type TrustChoice =
  | { readonly kind: 'off' }
  | {
      readonly kind: 'on'
      /** The file with the policy; undefined: everything has to be signed by somebody. */
      readonly policy: string | undefined
      /** Who asked for signatures of what the policy says nothing about: `docker` lets digests pass. */
      readonly asked: 'all' | 'docker' | undefined
    }

/**
 * Flags before the environment, that before files: `--no-verify` and IBUILD_TRUST=0 turn all off; a policy counts as soon as there is
 * one; `--verify`, IBUILD_TRUST=1 and DOCKER_CONTENT_TRUST=1 ask for signatures of all the rest. Errors: USAGE.
 */
export function trustChoice(flags: VerifyFlags, env: Environment, isThere: (file: string) => boolean): TrustChoice {
  if (flags.verify === false && flags.trustPolicy !== undefined)
    throw new IbuildError('USAGE', '--no-verify and --trust-policy contradict each other')
  const own = flags.trustPolicy === undefined ? truthOf(env) : undefined
  if (!(flags.verify ?? own ?? true)) return { kind: 'off' }
  const asked = askedOf(flags, env)
  const policy = flags.trustPolicy ?? (env['IBUILD_TRUST_POLICY'] || usualFiles(env).find(isThere))
  return policy === undefined && asked === undefined ? { kind: 'off' } : { kind: 'on', policy, asked }
}

function askedOf(flags: VerifyFlags, env: Environment): 'all' | 'docker' | undefined {
  if (flags.verify === true || truthOf(env) === true) return 'all'
  return isDockerTrust(env['DOCKER_CONTENT_TRUST']) ? 'docker' : undefined
}

function truthOf({ IBUILD_TRUST: text = '' }: Environment): boolean | undefined {
  if (text === '') return undefined
  if (['1', 'true'].includes(text)) return true
  if (['0', 'false'].includes(text)) return false
  throw new IbuildError('USAGE', `IBUILD_TRUST is ${JSON.stringify(text.slice(0, 40))}, not 1, 0, true or false`)
}

/** As docker reads it: what is neither true nor false is true. */
function isDockerTrust(text = ''): boolean {
  return text !== '' && !['0', 'f', 'F', 'false', 'False', 'FALSE'].includes(text)
}

/** That of the user before that of the system. */
function usualFiles(env: Environment): string[] {
  return [join(configFolder(env), 'ibuild/trust-policy.yaml'), '/etc/ibuild/trust-policy.yaml']
}
