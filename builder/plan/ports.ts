import { IbuildError, type SourceLocation } from '../../shared/base/errors.ts'

const protocols: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp'])

/**
 * The ports of an EXPOSE as `port/protocol`, sorted as text and without repeats: `8000-8002/udp` gives three, a host part
 * (`ip:host:container`) is dropped, protocols are lower-cased (CF04).
 */
export function parsePorts(words: readonly string[], location: SourceLocation): string[] {
  const ports = new Set(words.flatMap((word) => parsePort(word, location)))
  return [...ports].sort((a, b) => (a < b ? -1 : 1))
}

function parsePort(word: string, location: SourceLocation): string[] {
  const container = word.slice(word.lastIndexOf(':') + 1)
  const [range = '', protocol = 'tcp', ...rest] = container.split('/')
  const bounds = range.split('-')
  const [first, last] = [portNumber(bounds[0]), portNumber(bounds[1] ?? bounds[0])]
  const known = protocols.has(protocol.toLowerCase()) && rest.length === 0 && bounds.length <= 2
  if (first === undefined || last === undefined || last < first || !known) throw invalidPort(word, location)
  return Array.from({ length: last - first + 1 }, (_, i) => `${first + i}/${protocol.toLowerCase()}`)
}

function portNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,5}$/.test(text)) return undefined
  return Number(text) <= 65535 ? Number(text) : undefined
}

function invalidPort(word: string, location: SourceLocation): IbuildError {
  return new IbuildError('DOCKERFILE_SYNTAX', `EXPOSE: ${JSON.stringify(word)} is not a port`, {
    location,
    hint: 'Write a port or a range from 0 to 65535 with tcp, udp or sctp, for example 8080, 53/udp or 8000-8010/tcp.',
  })
}
