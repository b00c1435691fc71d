import { suggest } from '../../../shared/base/suggest.ts'
import { BadValue } from '../../../shared/config/kinds.ts'

/** Runs `work`; a {@link BadValue} of it tells the place. */
export function inside<T>(place: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof BadValue)) throw error
    throw new BadValue(place + (error.message.startsWith('.') ? '' : ': ') + error.message)
  }
}

/** Refuses a map with a key that is none of these, and says which one was meant. Errors: {@link BadValue}. */
export function refuseOtherKeys(map: object, known: readonly string[], place: string): void {
  const other = Object.keys(map).find((key) => !known.includes(key))
  if (other === undefined) return
  const meant = suggest(other, known)
  const advice = meant === undefined ? '' : `; did you mean ${meant}?`
  throw new BadValue(`${place}: there is no key ${JSON.stringify(other.slice(0, 80))}${advice}`)
}
