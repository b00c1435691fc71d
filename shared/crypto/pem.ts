/** A block of PEM (RFC 7468), with headers as RFC 1421 has them. */
export interface PemBlock {
  readonly label: string
  readonly headers: ReadonlyMap<string, string>
  readonly bytes: Buffer
}

const most = 64
const pattern = /-----BEGIN ([A-Z0-9 ]{1,64})-----\r?\n([\s\S]*?)-----END \1-----/g

/** `bytes` in lines of 64 characters, behind headers in the order in which they come. */
export function writePem(label: string, bytes: Uint8Array, headers: Iterable<readonly [string, string]> = []): string {
  const head = [...headers].map(([name, value]) => `${name}: ${value}`)
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  const body = head.length === 0 ? lines : [...head, '', ...lines]
  return [`-----BEGIN ${label}-----`, ...body, `-----END ${label}-----`, ''].join('\n')
}

/** All well-formed blocks of a text, at most 64; text around them means nothing. */
export function readPem(text: string): readonly PemBlock[] {
  const blocks: PemBlock[] = []
  for (const [, label = '', body = ''] of text.matchAll(pattern)) {
    const block = readBody(label, body)
    if (block !== undefined) blocks.push(block)
    if (blocks.length === most) break
  }
  return blocks
}

/** Headers end with an empty line; where there is none, there are none. */
function readBody(label: string, body: string): PemBlock | undefined {
  const lines = body.split('\n').map((line) => line.trim())
  const hasHeaders = lines[0]?.includes(':') === true
  const end = hasHeaders ? lines.indexOf('') : 0
  const headers = hasHeaders ? readHeaders(lines.slice(0, end)) : new Map<string, string>()
  const base64 = lines.slice(end).join('')
  const isWhole = end >= 0 && headers !== undefined && /^[A-Za-z0-9+/]+={0,2}$/.test(base64) && base64.length % 4 === 0
  return isWhole ? { label, headers, bytes: Buffer.from(base64, 'base64') } : undefined
}

function readHeaders(lines: readonly string[]): ReadonlyMap<string, string> | undefined {
  const pairs = lines.map((line) => /^([\w-]+):\s*(.*)$/.exec(line))
  return pairs.every((pair) => pair !== null)
    ? new Map(pairs.map(([, name = '', value = '']) => [name, value]))
    : undefined
}
