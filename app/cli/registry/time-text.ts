/** A time in milliseconds since the epoch as people and scripts read it: `2026-01-31T12:00:00Z`. */
export function isoSeconds(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z')
}
