import type { Duplex } from 'node:stream'
import { RegistryError } from '../protocol/error.ts'
import { rawErrorMessage } from './error-reply.ts'
import { currentResponse } from './in-turn.ts'

/**
 * Answers a connection on which no request could be read, and closes it. When an answer is already on its way there, it is
 * cut: nothing may be put into it.
 */
export function answerClientError(error: Error, socket: Duplex): void {
  if (!socket.writable || currentResponse(socket)?.headersSent === true) {
    socket.destroy(error)
    return
  }
  const [status, reason, message] = answerTo('code' in error ? error.code : undefined)
  socket.end(rawErrorMessage(new RegistryError('UNSUPPORTED', message, { status }), reason), () =>
    socket.destroy(error),
  )
}

function answerTo(code: unknown): readonly [status: number, reason: string, message: string] {
  if (code === 'HPE_HEADER_OVERFLOW') return [431, 'Request Header Fields Too Large', 'the headers are too large']
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return [408, 'Request Timeout', 'the request did not come in time']
  return [400, 'Bad Request', 'the request is not HTTP']
}
