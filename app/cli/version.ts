import manifest from '../../package.json' with { type: 'json' }

/** The version in package.json; the bundle carries it. */
export function version(): string {
  return manifest.version
}
