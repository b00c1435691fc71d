import { randomInt } from 'node:crypto'

const [timeDigits, otherDigits] = [9, 3]

/** Gives IDs of twelve digits and small letters that sort by their time, each behind the last one, be the clock set back or not. */
export function createIDs(now: () => number, last: string | undefined): () => string {
  let before = last === undefined ? 0 : Number.parseInt(last.slice(0, timeDigits), 36)
  return () => {
    before = Math.max(now(), before + 1)
    const other = randomInt(36 ** otherDigits).toString(36)
    return `${before.toString(36).padStart(timeDigits, '0')}${other.padStart(otherDigits, '0')}`
  }
}
