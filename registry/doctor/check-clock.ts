import type { Check } from './types.ts'

/** A moment by the clock that is set and by the one that is not, in milliseconds. */
export interface Moment {
  readonly wall: number
  readonly steady: number
}

export function momentNow(): Moment {
  return { wall: Date.now(), steady: performance.now() }
}

const setIt = 'Set the clock, and let a time service such as chrony or systemd-timesyncd keep it.'
/** Before this the program was not there. */
const earliest = Date.UTC(2025, 0)
const latest = Date.UTC(2100, 0)
/** Milliseconds. A token or a certificate allows for about a minute. */
const tolerated = { jump: 1000, near: 30_000, far: 300_000 }

/** Whether the clock says a year that can be, and went as fast as the other one since a moment. */
export function checkClock(start: Moment, now: Moment = momentNow()): Check {
  const name = 'clock'
  const year = new Date(now.wall).getUTCFullYear()
  if (now.wall < earliest || now.wall > latest) {
    return { name, status: 'fail', message: `it says the year ${year}`, mend: setIt }
  }
  const jump = now.wall - start.wall - (now.steady - start.steady)
  if (Math.abs(jump) > tolerated.jump) {
    return { name, status: 'warn', message: `it jumped by ${seconds(jump)} while this looked`, mend: setIt }
  }
  return { name, status: 'ok', message: new Date(now.wall).toISOString() }
}

/** The clock of a peer, by the header Date of an answer that came just now. */
export function checkPeerClock(date: string | undefined, now = Date.now()): Check {
  const name = 'clock of the peer'
  const there = date === undefined ? Number.NaN : Date.parse(date)
  if (Number.isNaN(there)) return { name, status: 'skip', message: 'its answers have no Date' }
  const apart = there - now
  const message = `it is ${seconds(apart)} ${apart < 0 ? 'behind' : 'ahead'}`
  if (Math.abs(apart) > tolerated.far)
    return { name, status: 'fail', message: `${message}: tokens will not be taken`, mend: setIt }
  if (Math.abs(apart) > tolerated.near) return { name, status: 'warn', message, mend: setIt }
  return { name, status: 'ok', message: 'the same within half a minute' }
}

function seconds(milliseconds: number): string {
  return `${Math.round(Math.abs(milliseconds) / 1000)} s`
}
