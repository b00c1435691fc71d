/** A name or an address as it stands in an URL, and a port. */
const place = /^(?:[\w.-]{1,253}|\[[\da-f:.]{2,45}\])(?::\d{1,5})?$/i

/** How a client reaches a server. */
export interface Reached {
  /** What it calls the server, as the header `Host` has it. */
  readonly host: string | undefined
  readonly isEncrypted: boolean
}

/** The beginning of URLs that lead there, without a slash at its end; undefined when the host can be none of an URL. */
export function originOf({ host, isEncrypted }: Reached): string | undefined {
  return host !== undefined && place.test(host) ? `${isEncrypted ? 'https' : 'http'}://${host}` : undefined
}
