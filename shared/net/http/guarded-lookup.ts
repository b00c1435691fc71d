import { lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { HttpFailure } from './failure.ts'
import { hostOf } from './place.ts'

/** Tells of an IP address whether no connection may be made to it. */
export type Refuses = (address: string) => boolean

/** Looks names up, and leaves out what is refused: what was looked at is what is connected to, whatever the name says later. */
export function guardedLookup(refuses: Refuses): LookupFunction {
  return (name, options, give) => {
    lookup(name, { ...options, all: true }, (error, found) => {
      const allowed = error === null ? found.filter(({ address }) => !refuses(address)) : []
      const [first] = allowed
      if (error !== null) give(error, [])
      else if (first === undefined) give(refusal(name), [])
      else if (options.all === true) give(null, allowed)
      else give(null, first.address, first.family)
    })
  }
}

/** Refuses an URL whose host is such an address: of these nothing is looked up. Errors: {@link HttpFailure}. */
export function checkAddress(url: URL, refuses: Refuses | undefined): void {
  const host = hostOf(url)
  if (isIP(host) !== 0 && refuses?.(host) === true) throw refusal(host)
}

function refusal(host: string): HttpFailure {
  return new HttpFailure('unreachable', `${host}: nothing may be sent to this address`)
}
