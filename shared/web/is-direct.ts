import { isLoopback } from './address.ts'
import type { WebRequest } from './request.ts'

const forwarding = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via']

/** From this machine, and not handed on by a proxy on it. */
export function isDirect({ client, headers }: Pick<WebRequest, 'client' | 'headers'>): boolean {
  return isLoopback(client.address ?? '') && forwarding.every((name) => headers[name] === undefined)
}
