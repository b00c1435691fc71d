import { isIP } from 'node:net'
import { IbuildError } from '../base/errors.ts'
import { inNetworks } from '../net/networks.ts'

export interface ListenAddress {
  /** Without brackets; undefined for all addresses of this machine. */
  readonly host: string | undefined
  readonly port: number
}

/** `HOST:PORT`, `[IPv6]:PORT`, `:PORT` or a host alone, which gets `port`. Errors: SERVER_CONFIG_INVALID. */
export function parseAddress(text: string, key: string, port = 5000): ListenAddress {
  const match = /^(?:\[([\da-fA-F:.]+)\]|([\w.-]*))(?::(\d{1,5}))?$/.exec(text)
  const number = match?.[3] === undefined ? port : Number(match[3])
  // digits alone are a port that somebody meant, though an address could be written so
  const isNumber = /^\d+$/.test(match?.[2] ?? '')
  if (
    match === null ||
    isNumber ||
    text === '' ||
    number > 65_535 ||
    (match[1] !== undefined && isIP(match[1]) !== 6)
  ) {
    throw new IbuildError('SERVER_CONFIG_INVALID', `${key}: ${JSON.stringify(text)} is not HOST:PORT`, {
      hint: `Write it as 127.0.0.1:${port}, [::1]:${port}, or :${port} for all addresses of this machine.`,
    })
  }
  const host = match[1] ?? match[2]
  return { host: host === '' ? undefined : host, port: number }
}

/** True for an IP address that only this machine reaches. */
export const isLoopback: (address: string) => boolean = inNetworks(['127.0.0.0/8', '::1/128'])
