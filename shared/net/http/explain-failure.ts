import { HttpFailure, type HttpFailureKind } from './failure.ts'

/** The code that Node, OpenSSL or undici gives an error; of several addresses that failed, that of the first. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  if (typeof error !== 'object' || error === null) return ''
  if ('code' in error && typeof error.code === 'string') return error.code
  return 'cause' in error ? codeOf(error.cause) : ''
}

const networkFailures: ReadonlyMap<string, readonly [kind: HttpFailureKind, what: string]> = new Map([
  ['ENOTFOUND', ['lookup', 'there is no such host']],
  ['EAI_AGAIN', ['lookup', 'its name cannot be looked up now']],
  ['EAI_FAIL', ['lookup', 'its name cannot be looked up']],
  ['ECONNREFUSED', ['refused', 'nobody listens there (connection refused)']],
  ['EHOSTUNREACH', ['unreachable', 'there is no way to it']],
  ['ENETUNREACH', ['unreachable', 'there is no way to its network']],
  ['EADDRNOTAVAIL', ['unreachable', 'there is no way to it']],
  ['ETIMEDOUT', ['unreachable', 'it does not answer']],
  ['UND_ERR_HEADERS_TIMEOUT', ['timeout', 'it did not answer in time']],
  ['UND_ERR_BODY_TIMEOUT', ['timeout', 'it stopped sending in the middle of its answer']],
  ['ECONNRESET', ['broken', 'it closed the connection']],
  ['EPIPE', ['broken', 'it closed the connection']],
  ['ECONNABORTED', ['broken', 'the connection was cut']],
  ['UND_ERR_SOCKET', ['broken', 'it closed the connection before its answer was complete']],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', ['broken', 'its answer is shorter than it said']],
  ['UND_ERR_HEADERS_OVERFLOW', ['protocol', 'the head of its answer is too long']],
  ['UND_ERR_REQ_CONTENT_LENGTH_MISMATCH', ['protocol', 'what was to be sent has another length than was said']],
])

const certificateFailures: ReadonlyMap<string, string> = new Map([
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its certificate was made by an authority that is not trusted here'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'its certificate was made by an authority that is not trusted here'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'its certificate was made by an authority that is not trusted here'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'its certificate was made by an authority that is not trusted here'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'it signed its certificate itself'],
  ['CERT_HAS_EXPIRED', 'its certificate is over its time'],
  ['CERT_NOT_YET_VALID', 'its certificate is not valid yet: is the clock right?'],
  ['CERT_REVOKED', 'its certificate was revoked'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for other names'],
])

/** For those that no further authority would mend. */
const certificateHints: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'Whoever runs it has to renew the certificate.',
  CERT_REVOKED: 'Whoever runs it has to get another certificate.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Call it by a name that is in its certificate.',
}

function explainTls(error: unknown, code: string, host: string): HttpFailure | undefined {
  const certificate = certificateFailures.get(code)
  if (certificate !== undefined) {
    return new HttpFailure('untrusted', `${host}: ${certificate}`, { cause: error, hint: certificateHints[code] })
  }
  if (/^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNKNOWN_PROTOCOL)$/.test(code)) {
    return new HttpFailure('plain', `${host}: it does not speak TLS, so what listens there is for http, not https`, {
      cause: error,
    })
  }
  if (code === 'EPROTO' || /^(?:ERR_SSL_|ERR_TLS_|CERT_|[A-Z_]*_CERT)/.test(code)) {
    const reason = code
      .replace(/^ERR_SSL_/, '')
      .replaceAll('_', ' ')
      .toLowerCase()
    return new HttpFailure('tls', `${host}: TLS failed (${reason})`, { cause: error })
  }
  return undefined
}

/** What went wrong between us and `host`, in words. Errors that are none of the network stay what they are. */
export function explainFailure(error: unknown, host: string): unknown {
  if (error instanceof HttpFailure) return error
  const code = codeOf(error)
  const [kind, what] = networkFailures.get(code) ?? [undefined, '']
  if (kind !== undefined) return new HttpFailure(kind, `${host}: ${what}`, { cause: error })
  if (code.startsWith('HPE_') || (error instanceof Error && error.name === 'HTTPParserError')) {
    return new HttpFailure('protocol', `${host}: what answers there does not speak HTTP as it should`, {
      cause: error,
    })
  }
  return explainTls(error, code, host) ?? error
}
