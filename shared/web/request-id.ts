import { randomUUID } from 'node:crypto'

/** What a proxy in front calls the request, when it can stand in a log as it is; else a new UUID. */
export function requestIdOf(header: string | readonly string[] | undefined): string {
  return typeof header === 'string' && /^[\w.:+/=-]{1,128}$/.test(header) ? header : randomUUID()
}
