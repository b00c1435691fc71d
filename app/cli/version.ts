import { createRequire } from 'node:module'

/** The version in package.json, which lies beside both app/ and dist/. */
export function version(): string {
  const require = createRequire(import.meta.url)
  for (const place of ['../package.json', '../../package.json']) {
    try {
      const { name, version } = require(place) as { name: string; version: string }
      if (name === 'ibuild') return version
    } catch {
      // The bundle lies one folder less deep than the source.
    }
  }
  return 'unknown'
}
