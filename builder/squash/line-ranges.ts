import type { SourceLocation } from '../../shared/base/errors.ts'

/** More ranges than these are only counted. */
const mostRanges = 8

/** Where instructions stand, in few words: `lines 2-40, 45, 50-51 of Dockerfile`. Those of one line are told once. */
export function lineRanges(locations: readonly SourceLocation[]): string {
  const ranges: [start: number, end: number][] = []
  for (const { startLine, endLine } of locations) {
    const last = ranges.at(-1)
    if (last !== undefined && startLine >= last[0] && startLine <= last[1] + 1) last[1] = Math.max(last[1], endLine)
    else ranges.push([startLine, endLine])
  }
  const shown = ranges.slice(0, mostRanges).map(([start, end]) => (start === end ? `${start}` : `${start}-${end}`))
  const more = ranges.length - shown.length
  const lines = `${shown.join(', ')}${more > 0 ? ` and ${more} more places` : ''}`
  const many = shown.length > 1 || shown[0]?.includes('-') === true
  return `${many ? 'lines' : 'line'} ${lines} of ${locations[0]?.file ?? 'the Dockerfile'}`
}
