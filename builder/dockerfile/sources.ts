import type { SourceLocation } from '../../shared/base/errors.ts'
import { notSupported, quote, syntaxError } from './fail.ts'

/** What a source of COPY or ADD names when it is not a path: `url` (http, https) or `git`. */
export function remoteKind(source: string): 'url' | 'git' | undefined {
  if (/^(?:git|ssh):\/\//.test(source) || /^[A-Za-z0-9_-][\w.-]*@[A-Za-z0-9-][A-Za-z0-9.-]*:/.test(source)) return 'git'
  if (!/^https?:\/\//.test(source)) return undefined
  return source.split(/[?#]/, 1)[0]?.endsWith('.git') === true ? 'git' : 'url'
}

/**
 * Refuses sources that are not paths: for COPY they are errors of the language, for ADD they are NOT_SUPPORTED. Asked
 * when parsing and, because words may hold variables, again after expansion.
 */
export function checkSources(kind: 'COPY' | 'ADD', sources: readonly string[], location: SourceLocation): void {
  for (const source of sources) {
    const remote = remoteKind(source)
    if (remote === undefined) continue
    const what = remote === 'git' ? 'a git ref' : 'a URL'
    if (kind === 'COPY') throw syntaxError(`source can't be ${what} for COPY`, location, `Source: ${quote(source)}.`)
    throw notSupported(remote === 'git' ? 'ADD of a git repository' : 'ADD of a URL', location)
  }
}
