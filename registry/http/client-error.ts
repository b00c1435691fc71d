import type { Duplex } from 'node:stream'
import { RegistryError } from '../protocol/error.ts'
import { rawErrorMessage } from './error-reply.ts'
import { endUnreadable } from './in-turn.ts'

/** Answers a connection from which no request could be read, and closes it. */
export function answerClientError(error: Error, socket: Duplex): void {
  const code = 'code' in error ? error.code : undefined
  if (!socket.writable) socket.destroy()
  else if (code !== 'HPE_CLOSED_CONNECTION') endUnreadable(socket, farewellFor(code))
  // Otherwise the client said that it would send nothing more: its last answer ends the connection.
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
