import type { SourceLocation } from '../../shared/base/errors.ts'
import { notSupported, quote } from './fail.ts'
import { trimStart } from './words.ts'

const known = /^(?:(?:(?:index\.)?docker\.io\/)?docker\/dockerfile(?:-upstream)?(?:[:@].*)?|dockerfile\.v0)$/

/**
 * Accepts the frontends whose language this is: docker/dockerfile, docker/dockerfile-upstream (any tag or digest) and
 * `dockerfile.v0`. Any other image, from a `syntax` directive or a BUILDKIT_SYNTAX build argument, is NOT_SUPPORTED.
 * Text after the first space is the frontend's command line.
 */
export function checkFrontend(syntax: string, location: SourceLocation): void {
  const image = syntax.split(' ', 1)[0] ?? ''
  if (known.test(image)) return
  throw notSupported(
    `the frontend ${quote(image)}`,
    location,
    'Only docker/dockerfile images are understood, built in.',
  )
}

/** The syntax that a file names in other than Dockerfile comments: `// syntax=...`, or a JSON object. */
export function detectForeignSyntax(text: string): string | undefined {
  const body = text.startsWith('#!') ? text.slice(text.indexOf('\n') + 1 || text.length) : text
  const comment = /^(?:\/\/[ \t]*check[ \t]*=.*\n)?\/\/[ \t]*syntax[ \t]*=[ \t]*(\S.*)/i.exec(body)?.[1]
  return comment?.trimEnd() ?? jsonSyntax(body)
}

function jsonSyntax(text: string): string | undefined {
  if (!trimStart(text).startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    const syntax = value !== null && typeof value === 'object' && 'syntax' in value ? value.syntax : undefined
    return typeof syntax === 'string' ? syntax : undefined
  } catch {
    return undefined
  }
}
