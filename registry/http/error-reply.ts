import { errorBody, RegistryError } from '../protocol/error.ts'
import { contentHeaders, type Reply } from './reply.ts'

/**
 * The answer to a request that failed: `{"errors": [...]}`. A {@link RegistryError} is told as it is, an `AggregateError` of
 * several with the status of the first; of anything else the client learns nothing.
 */
export function errorReply(error: unknown): Reply {
  const errors = registryErrors(error)
  const [first] = errors
  if (first === undefined)
    return errorReply(new RegistryError('UNKNOWN', 'something went wrong in the registry', { cause: error }))
  return {
    status: first.status,
    headers: { 'Content-Type': 'application/json', ...contentHeaders, ...first.headers },
    body: Buffer.from(errorBody(errors)),
    failure: { codes: errors.map(({ code }) => code), ...(first.cause !== undefined && { cause: first.cause }) },
  }
}

function registryErrors(error: unknown): readonly RegistryError[] {
  if (error instanceof RegistryError) return [error]
  if (!(error instanceof AggregateError)) return []
  const errors: readonly unknown[] = error.errors
  return errors.every((one) => one instanceof RegistryError) ? errors : []
}

/** The same for a connection that no request could be read from: a whole HTTP message. */
export function rawErrorMessage(error: RegistryError, reason: string): string {
  const body = errorBody([error])
  const head = [
    `HTTP/1.1 ${error.status} ${reason}`,
    'Docker-Distribution-Api-Version: registry/2.0',
    'Content-Type: application/json',
    'X-Content-Type-Options: nosniff',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}
