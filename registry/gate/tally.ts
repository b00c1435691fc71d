import { Recent } from '../../shared/base/recent.ts'
import type { Log } from '../../shared/log/log.ts'
import type { GatedPull } from '../http/pull-gate.ts'
import type { GateCounts } from './types.ts'

/** Takes lines for operators. */
type GateLog = Pick<Log, 'info' | 'error'>

/** Pulls of one kind that are told once. */
const mostTold = 1000

/** What became of pulls, counted, and told to operators once for each thing that was not signed. */
export class GateTally {
  readonly #counts: { -readonly [Kind in keyof GateCounts]: number } = {
    allowed: 0,
    reported: 0,
    refused: 0,
    exempt: 0,
  }
  readonly #told = new Recent<string, true>(mostTold)
  readonly #log: GateLog

  constructor(log: GateLog) {
    this.#log = log
  }

  get counts(): GateCounts {
    return { ...this.#counts }
  }

  count(kind: keyof GateCounts): void {
    this.#counts[kind]++
  }

  tell(kind: 'reported' | 'refused', pull: GatedPull, reason: string): void {
    const { name, digest } = pull
    const tag = pull.kind === 'manifest' ? pull.tag : undefined
    const text = [kind, name, digest, tag, reason].join(' ')
    if (this.#told.get(text) !== undefined) return
    this.#told.set(text, true)
    const message = kind === 'refused' ? 'a pull was refused' : 'a pull would be refused where the gate is strict'
    this.#log.info(message, { repository: name, digest, ...(tag !== undefined && { tag }), reason })
  }

  failed(error: unknown): void {
    this.#log.error('the gate could not find out who signed something', { error })
  }
}
