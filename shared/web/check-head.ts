import type { IncomingMessage } from 'node:http'

export interface HeadRules {
  /** Bytes of the longest request target. */
  readonly targetBytes: number
  /** What is thrown. With any status but 403 the connection is to be closed with the answer. */
  readonly refuse: (status: number, message: string) => Error
}

/**
 * Refuses requests that no answer is looked for: with 414, 400 (RFC 9112, 3.2), 417, or 501 (6.1): of a body in a coding that we do
 * not know nobody can tell where it ends. With 403 a POST of a page of another site, which a browser sends without asking: to a
 * server on the user's own machine, too.
 */
export function checkHead(message: IncomingMessage, { targetBytes, refuse }: HeadRules): void {
  const { headers, method } = message
  const isOld = message.httpVersionMinor === 0
  if ((message.url ?? '').length > targetBytes) {
    throw refuse(414, `the request target has more than ${targetBytes} bytes`)
  }
  if (headers.host === undefined && !isOld) throw refuse(400, 'the request has no Host header')
  if (!isOld && (headers.expect ?? '100-continue').toLowerCase() !== '100-continue') {
    throw refuse(417, 'only 100-continue can be expected')
  }
  if (headers.authorization !== undefined && isTwice(message.rawHeaders, 'authorization')) {
    throw refuse(400, 'the request has two Authorization headers')
  }
  const site = headers['sec-fetch-site']
  if (method === 'POST' && (site === 'cross-site' || site === 'same-site')) {
    throw refuse(403, 'a web page of another site may not push here')
  }
  const coding = headers['transfer-encoding']
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
    throw refuse(501, 'the only transfer coding known is chunked')
  }
}

/** Who stands before the server may have looked at another one than we do. */
function isTwice(rawHeaders: readonly string[], name: string): boolean {
  return rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === name).length > 1
}
