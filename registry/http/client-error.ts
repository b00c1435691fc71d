import type { Duplex } from 'node:stream'
import { endUnreadable } from '../../shared/web/in-turn.ts'
import { RegistryError } from '../protocol/error.ts'
import { rawErrorMessage } from './error-reply.ts'

/**
 * Answers a connection from which no request could be read, and closes it. One that is broken, or on which TLS did not come
 * about, takes no answer: to wait for it to be written would keep the connection for ever.
 */
export function answerClientError(error: Error, socket: Duplex): void {
  const code = 'code' in error ? error.code : undefined
  if (!socket.writable || !isAboutRequest(code)) socket.destroy()
  else if (code !== 'HPE_CLOSED_CONNECTION') endUnreadable(socket, farewellFor(code))
  // Otherwise the client said that it would send nothing more: its last answer ends the connection.
}

function isAboutRequest(code: unknown): boolean {
  return typeof code === 'string' && (code.startsWith('HPE_') || code === 'ERR_HTTP_REQUEST_TIMEOUT')
}

function farewellFor(code: unknown): string {
  const [status, reason, message] = answerTo(code)
  return rawErrorMessage(new RegistryError('UNSUPPORTED', message, { status }), reason)
}

function answerTo(code: unknown): readonly [status: number, reason: string, message: string] {
  if (code === 'HPE_HEADER_OVERFLOW') return [431, 'Request Header Fields Too Large', 'the headers are too large']
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return [408, 'Request Timeout', 'the request did not come in time']
  return [400, 'Bad Request', 'the request is not HTTP']
}
