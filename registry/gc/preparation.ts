import type { GcState } from '../storage/gc-rows.ts'
import { gcStateOf, prepareMore } from './prepare.ts'
import type { SweepParts } from './sweep-types.ts'

/** Writes down, behind a running server, what the manifests of an earlier version refer to. */
export interface Preparation {
  /** As far as was looked at last. */
  readonly pass: GcState['pass']
  /** Looks how far it is, and goes on until it is done, until `isStopped`, or until nothing may be written. */
  goOn(isStopped: () => boolean): Promise<void>
  /** Looks how far it is. */
  look(): Promise<void>
}

export function createPreparation(parts: Pick<SweepParts, 'driver' | 'metadata' | 'now' | 'housekeep'>): Preparation {
  let pass: GcState['pass'] = 'manifests'
  const look = async (): Promise<void> => {
    pass = (await gcStateOf(parts)).pass
  }
  /** True when there is more to be done, and it may be written. */
  const step = async (): Promise<boolean> => {
    let goesOn = false
    await parts.housekeep(async () => {
      pass = await prepareMore(parts)
      goesOn = pass !== 'done' && pass !== 'held'
    })
    return goesOn
  }
  return {
    get pass() {
      return pass
    },
    look,
    goOn: async (isStopped) => {
      await look()
      if (pass === 'done' || pass === 'held') return
      while (!isStopped() && (await step()));
    },
  }
}
