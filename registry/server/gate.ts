import { IbuildError } from '../../shared/base/errors.ts'
import type { Log } from '../../shared/log/log.ts'
import type { GunNames } from '../access/gun-names.ts'
import { kinIn } from '../gate/kin.ts'
import { createPullGate } from '../gate/pull-gate.ts'
import { GateTally } from '../gate/tally.ts'
import type { GateCounts, Signatures } from '../gate/types.ts'
import type { PullGate } from '../http/pull-gate.ts'
import type { RegistryService } from '../service/types.ts'
import { isOpen } from './config/openness.ts'
import type { ServerConfig } from './config/schema.ts'
import type { OpenRegistry } from './open-registry.ts'

type GateConfig = Pick<ServerConfig, 'access' | 'token' | 'trust'>

/** What who knows of signatures is told of the registry. */
export interface SignaturesHost {
  /** Of which collections repositories are, by the configuration in force. */
  readonly names: () => GunNames
  readonly service: RegistryService
}

export type SignaturesFor = (host: SignaturesHost) => Signatures

/** The gate of a server. */
export interface ServerGate {
  /** That in force; undefined while nothing has to be signed. */
  readonly current: () => PullGate | undefined
  /** Of all since the start. */
  readonly counts: () => GateCounts
  /** Makes the gate of another configuration; the result brings it into force. Errors: SERVER_CONFIG_INVALID. */
  prepare(config: GateConfig): () => void
}

export interface GateOptions {
  readonly registry: Pick<OpenRegistry, 'service' | 'stored'>
  readonly signatures: Signatures | undefined
  readonly log: Log
}

/** Errors: SERVER_CONFIG_INVALID. */
export function openGate(config: GateConfig, { registry, signatures, log }: GateOptions): ServerGate {
  const tally = new GateTally(log)
  const parts = { kin: kinIn(registry.stored.metadata), manifests: registry.service.manifests, tally, now: Date.now }
  const make = (next: GateConfig): PullGate | undefined => {
    checkGate(next, signatures)
    return signatures && createPullGate(next.trust.pulls, { ...parts, signatures })
  }
  let current = make(config)
  return {
    current: () => current,
    counts: () => tally.counts,
    prepare(next) {
      const made = make(next)
      return () => {
        current = made
      }
    },
  }
}

/** Checks what must be signed to be pulled. Errors: SERVER_CONFIG_INVALID. */
export function checkGate(config: GateConfig, signatures: Signatures | undefined): void {
  const rules = config.trust.pulls
  if (rules.every(({ mode }) => mode === 'off')) return
  if (signatures === undefined)
    throw new IbuildError('SERVER_CONFIG_INVALID', 'trust.pulls: this server does not look at signatures')
  if (isOpen(config))
    throw new IbuildError(
      'SERVER_CONFIG_INVALID',
      'trust.pulls: here everybody may push, and who may push is let through',
      {
        hint: 'Make accounts with ibuild registry user add NAME, or write access.rules.',
      },
    )
  for (const [i, { mode, require }] of rules.entries())
    if (mode !== 'off') signatures.judgeFor(require, `trust.pulls[${i}].require`)
}
