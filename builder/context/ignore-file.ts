import { readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { type IgnoreRules, maxIgnoreFileSize, parseIgnore } from './ignore.ts'

/**
 * The rules of a context: those of `<Dockerfile>.dockerignore` beside the Dockerfile, else of `.dockerignore` at the root
 * of the context (1.13 I01; both are never merged), else of their `.containerignore` namesakes. Undefined when there are
 * none. `dockerfile` is undefined when it does not come from a file. CONTEXT_INVALID when a file cannot be read.
 */
export function loadIgnoreRules(root: string, dockerfile: string | undefined): IgnoreRules | undefined {
  for (const suffix of ['.dockerignore', '.containerignore']) {
    const candidates = [...(dockerfile === undefined ? [] : [`${dockerfile}${suffix}`]), join(root, suffix)]
    for (const file of candidates) {
      const bytes = readIfThere(file)
      if (bytes !== undefined) return parseIgnore(bytes, basename(file))
    }
  }
  return undefined
}

function readIfThere(file: string): Buffer | undefined {
  try {
    const stats = statSync(file, { throwIfNoEntry: false })
    if (stats === undefined || stats.isDirectory()) return undefined
    if (!stats.isFile() || stats.size > maxIgnoreFileSize) {
      throw new IbuildError('CONTEXT_INVALID', `${file} is not a file of at most ${maxIgnoreFileSize} bytes`)
    }
    return readFileSync(file)
  } catch (cause) {
    if (errnoOf(cause) === undefined) throw cause
    if (errnoOf(cause) === 'ENOTDIR') return undefined
    throw new IbuildError('CONTEXT_INVALID', `cannot read ${file}: ${errnoOf(cause)}`, { cause })
  }
}
