import type { RequestListener } from 'node:http'
import { makeWebServer, type WebServer } from '../../shared/web/listen.ts'
import type { TlsMaterial } from '../../shared/web/tls/material.ts'
import { registryErrorMessage } from '../http/configure-server.ts'
import type { ServerConfig } from './config/schema.ts'
import { httpLimits } from './limits.ts'

/** A server that does not listen yet; with `tls` it speaks HTTPS. */
export function makeServer(config: ServerConfig, tls: TlsMaterial | undefined, listener: RequestListener): WebServer {
  return makeWebServer(listener, { limits: httpLimits(config), tls, errorMessage: registryErrorMessage })
}
