import { isIbuildError } from '../../shared/base/errors.ts'
import type { ErrorMessage } from '../../shared/web/client-error.ts'
import { errorBody, PublishError } from '../service/publish-error.ts'
import { contentHeaders, jsonType, type Reply } from './reply.ts'
import { WebError } from './web-error.ts'

const retry = { 'Retry-After': '5' }

/** The answer to a request that failed: `{"errors":[{...}]}`. Of what is no error of the protocol the client learns nothing. */
export function errorReply(error: unknown): Reply {
  if (error instanceof PublishError) return publishReply(error)
  if (error instanceof WebError) return webReply(error)
  const isPassing = isIbuildError(error, 'SIGNER_UNAVAILABLE') || isIbuildError(error, 'DISK_FULL')
  return publishReply(new PublishError(isPassing ? 'UNAVAILABLE' : 'UNKNOWN', { cause: error }))
}

function publishReply(error: PublishError): Reply {
  const isLater = error.status === 503 || error.status === 429
  return {
    status: error.status,
    headers: { 'Content-Type': jsonType, 'Cache-Control': 'no-store', ...contentHeaders, ...(isLater && retry) },
    body: Buffer.from(errorBody(error)),
    failure: { code: error.code, ...(error.cause !== undefined && { cause: error.cause }) },
  }
}

function webReply(error: WebError): Reply {
  const { status, headers, code, message, detail, cause } = error
  return {
    status,
    headers: { 'Content-Type': jsonType, 'Cache-Control': 'no-store', ...contentHeaders, ...headers },
    body: Buffer.from(webBody({ code, message, detail })),
    failure: { code, ...(cause !== undefined && { cause }) },
  }
}

function webBody({ code, message, detail }: Pick<WebError, 'code' | 'message' | 'detail'>): string {
  return `${JSON.stringify({ errors: [{ code, message, ...(detail !== undefined && { detail }) }] })}\n`
}

/** For a connection that no request could be read from. */
export const notaryErrorMessage: ErrorMessage = ({ status, reason, message }) => {
  const body = webBody({ code: 'UNSUPPORTED', message, detail: undefined })
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    `Content-Type: ${jsonType}`,
    'X-Content-Type-Options: nosniff',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

/** For a path that means nothing, and for what is not there. */
export function notFound(): PublishError {
  return new PublishError('METADATA_NOT_FOUND')
}
