import type { RowStore } from '../../shared/rows/row-store.ts'
import { keyPart, mirrorRows, scheduleRows } from './rows.ts'
import type { MirrorState, ScheduleState } from './types.ts'

const mostMirrors = 1000

const noSchedule: ScheduleState = {
  schedule: undefined,
  handledAt: undefined,
  lastAt: undefined,
  nextAt: undefined,
  failures: 0,
  triggers: {},
}

/** What schedule and mirror jobs remember. */
export interface JobBook {
  schedule(): Promise<ScheduleState>
  setSchedule(state: ScheduleState): Promise<void>
  /** In the byte order of their images. */
  mirrors(): Promise<readonly MirrorState[]>
  setMirror(state: MirrorState): Promise<void>
  /** For images that no job is about any more. */
  forgetMirror(image: string): Promise<void>
}

/** `schedule` names one of several that are in the same rows. */
export function createJobBook(rows: RowStore, schedule = 'main'): JobBook {
  return {
    schedule: async () => {
      const key = scheduleRows.key(keyPart(schedule))
      const value = await rows.get(key)
      return value === undefined ? noSchedule : scheduleRows.parse(key, value)
    },
    setSchedule: (state) => rows.commit({ put: [scheduleRows.row([keyPart(schedule)], state)] }),
    mirrors: async () => {
      const found = await rows.list({ prefix: mirrorRows.prefix(), limit: mostMirrors })
      return found.map(({ key, value }) => mirrorRows.parse(key, value))
    },
    setMirror: (state) => rows.commit({ put: [mirrorRows.row([keyPart(state.image)], state)] }),
    forgetMirror: (image) => rows.commit({ remove: [mirrorRows.key(keyPart(image))] }),
  }
}
