import type { Duplex } from 'node:stream'
import { endUnreadable } from './in-turn.ts'

/** What is said to a client whose request cannot be read. */
export interface UnreadableRequest {
  readonly status: number
  /** That of the status line. */
  readonly reason: string
  readonly message: string
}

/** An answer as a whole HTTP message, after which the connection is closed. */
export type ErrorMessage = (problem: UnreadableRequest) => string

/**
 * Answers a connection from which no request could be read, and closes it. One that is broken, or on which TLS did not come
 * about, takes no answer: to wait for it to be written would keep the connection for ever.
 */
export function clientErrorListener(errorMessage: ErrorMessage): (error: Error, socket: Duplex) => void {
  return (error, socket) => {
    const code = 'code' in error ? error.code : undefined
    if (!socket.writable || !isAboutRequest(code)) socket.destroy()
    else if (code !== 'HPE_CLOSED_CONNECTION') endUnreadable(socket, errorMessage(problemOf(code)))
    // Otherwise the client said that it would send nothing more: its last answer ends the connection.
  }
}

function isAboutRequest(code: unknown): boolean {
  return typeof code === 'string' && (code.startsWith('HPE_') || code === 'ERR_HTTP_REQUEST_TIMEOUT')
}

function problemOf(code: unknown): UnreadableRequest {
  if (code === 'HPE_HEADER_OVERFLOW')
    return { status: 431, reason: 'Request Header Fields Too Large', message: 'the headers are too large' }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return { status: 408, reason: 'Request Timeout', message: 'the request did not come in time' }
  return { status: 400, reason: 'Bad Request', message: 'the request is not HTTP' }
}
