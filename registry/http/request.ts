import type { IncomingMessage } from 'node:http'
import type { IsProxy } from '../../shared/web/client-of.ts'
import { WebRequest } from '../../shared/web/request.ts'
import { parseRoute, type Route } from '../protocol/route.ts'

/** The head of a request, as it came; nothing in it is believed yet. */
export interface RegistryRequest extends Pick<WebRequest, keyof WebRequest> {
  readonly route: Route | undefined
}

/** Reads the head of a request; what proxies tell of its client is believed of those that `isProxy` knows. */
export function readRequest(message: IncomingMessage, isProxy?: IsProxy): RegistryRequest {
  return new IncomingRequest(message, isProxy)
}

class IncomingRequest extends WebRequest implements RegistryRequest {
  readonly route: Route | undefined

  constructor(message: IncomingMessage, isProxy: IsProxy | undefined) {
    super(message, isProxy)
    this.route = parseRoute(this.path)
  }
}
