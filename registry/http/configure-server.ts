import type { Server } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import type { ErrorMessage } from '../../shared/web/client-error.ts'
import { configureServer as configure } from '../../shared/web/configure-server.ts'
import type { WebLimits } from '../../shared/web/limits.ts'
import { RegistryError } from '../protocol/error.ts'
import { rawErrorMessage } from './error-reply.ts'

/** The words of a registry for what never becomes a request. */
export const registryErrorMessage: ErrorMessage = ({ status, reason, message }) =>
  rawErrorMessage(new RegistryError('UNSUPPORTED', message, { status }), reason)

/** Makes a server answer what never becomes a request, and bounds its connections. */
export function configureServer(server: Server | TlsServer, limits: Partial<WebLimits> = {}): void {
  configure(server, limits, registryErrorMessage)
}
