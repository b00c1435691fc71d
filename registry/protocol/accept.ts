/** So many media ranges of a request are looked at. */
const mostRanges = 256

/**
 * True when a client takes a media type (RFC 9110, 12.5.1). `headers` are the values of all its `Accept` headers, each a list;
 * without any it takes everything. What is stored is sent as it is or not at all, so preferences count only when they
 * refuse: `q=0`.
 */
export function accepts(headers: readonly string[], mediaType: string): boolean {
  const ranges = headers.flatMap((header) => header.split(',', mostRanges)).map(parseMediaRange)
  const asked = ranges.filter(({ type }) => type !== '')
  if (asked.length === 0) return true
  const fitting = asked.filter(({ type }) => fits(type, mediaType.toLowerCase()))
  const exact = fitting.filter(({ type }) => !type.includes('*'))
  return (exact.length > 0 ? exact : fitting).some(({ isRefused }) => !isRefused)
}

interface MediaRange {
  readonly type: string
  readonly isRefused: boolean
}

function parseMediaRange(text: string): MediaRange {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  return { type, isRefused: parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter)) }
}

function fits(range: string, type: string): boolean {
  return range === '*/*' || range === type || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)))
}
