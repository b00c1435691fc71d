import { IbuildError } from '../../shared/base/errors.ts'
import profile from './seccomp-default.json' with { type: 'json' }

/** The `linux.seccomp` object of the OCI runtime-spec. */
export interface SeccompConfig {
  readonly defaultAction: string
  readonly defaultErrnoRet: number
  readonly architectures: readonly string[]
  readonly syscalls: readonly SeccompRule[]
}

export interface SeccompRule {
  readonly names: readonly string[]
  readonly action: string
  readonly errnoRet?: number
  readonly args?: readonly SeccompArgument[]
}

export interface SeccompArgument {
  readonly index: number
  readonly value: number
  readonly valueTwo?: number
  readonly op: string
}

interface ProfileRule {
  readonly names: readonly string[]
  readonly errno?: number
  readonly args?: readonly SeccompArgument[]
  readonly arches?: readonly string[]
  readonly capability?: string
}

/**
 * Docker's default seccomp profile (that of 29.x: no io_uring, no AF_ALG and AF_VSOCK sockets, no socketcall) for an
 * architecture as Node names it and a set of capabilities. RUNTIME_FAILED for an architecture that the profile does not know.
 */
export function seccompConfig(arch: string, capabilities: readonly string[]): SeccompConfig {
  const architectures = new Map(Object.entries(profile.architectures)).get(arch)
  if (architectures === undefined) throw new IbuildError('RUNTIME_FAILED', `RUN is not supported on ${arch}`)
  const rules: readonly ProfileRule[] = profile.rules
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: profile.defaultErrno,
    architectures,
    syscalls: rules.filter((rule) => applies(rule, arch, capabilities)).map(toSpec),
  }
}

function applies(rule: ProfileRule, arch: string, capabilities: readonly string[]): boolean {
  if (rule.arches !== undefined && !rule.arches.includes(arch)) return false
  return rule.capability === undefined || capabilities.includes(rule.capability)
}

function toSpec(rule: ProfileRule): SeccompRule {
  const { names, errno, args } = rule
  return {
    names,
    action: errno === undefined ? 'SCMP_ACT_ALLOW' : 'SCMP_ACT_ERRNO',
    ...(errno === undefined ? {} : { errnoRet: errno }),
    ...(args === undefined ? {} : { args }),
  }
}
