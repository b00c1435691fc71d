import { type Digest, isDigest } from './digest.ts'
import { IbuildError } from './errors.ts'

/** An image name in full: `docker.io/library/busybox` is domain `docker.io`, path `library/busybox`. */
export interface Reference {
  /** Host with optional port; never empty. */
  readonly domain: string
  /** Repository on that host, lower-case. */
  readonly path: string
  readonly tag?: string
  readonly digest?: Digest
}

const defaultDomain = 'docker.io'
const officialPrefix = 'library/'
/** Longest path of a repository name. */
const maxPathLength = 255

const domainComponent = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?'
const domainPattern = new RegExp(`^(?:${domainComponent}(?:\\.${domainComponent})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`)
const pathComponent = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/
const tagPattern = /^\w[\w.-]{0,127}$/
const imageIDPattern = /^[a-f0-9]{64}$/

/**
 * Parses an image name as Docker does: `busybox` means `docker.io/library/busybox`; the first component is a host when it
 * has a dot, a colon or an upper-case letter or is `localhost`. No tag is added. REFERENCE_INVALID when it breaks the
 * grammar or is 64 hex digits, which is an image ID.
 */
export function parseReference(text: string): Reference {
  if (text.length > 1024) throw invalid(text, 'it is too long')
  if (imageIDPattern.test(text)) throw invalid(text, '64 hex digits are an image ID, not a name')
  const [named, digest] = cutDigest(text)
  const { domain, rest } = splitDomain(named)
  const { path, tag } = cutTag(rest)
  const problem = problemOf({ domain, path, tag })
  if (problem !== undefined) throw invalid(text, problem)
  return { domain, path, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) }
}

function cutDigest(text: string): [string, Digest | undefined] {
  const at = text.indexOf('@')
  if (at < 0) return [text, undefined]
  const digest = text.slice(at + 1)
  if (!isDigest(digest)) throw invalid(text, 'what follows @ is not a digest')
  return [text.slice(0, at), digest]
}

function splitDomain(name: string): { domain: string; rest: string } {
  const slash = name.indexOf('/')
  const first = name.slice(0, Math.max(slash, 0))
  const isHost = first === 'localhost' || /[.:]/.test(first) || first !== first.toLowerCase()
  const domain = !isHost || first === 'index.docker.io' ? defaultDomain : first
  const rest = isHost ? name.slice(slash + 1) : name
  return { domain, rest: domain === defaultDomain && !rest.includes('/') ? officialPrefix + rest : rest }
}

function cutTag(rest: string): { path: string; tag: string | undefined } {
  const colon = rest.indexOf(':', rest.lastIndexOf('/') + 1)
  return colon < 0 ? { path: rest, tag: undefined } : { path: rest.slice(0, colon), tag: rest.slice(colon + 1) }
}

function problemOf({
  domain,
  path,
  tag,
}: {
  domain: string
  path: string
  tag: string | undefined
}): string | undefined {
  if (path === '' || path === officialPrefix) return 'the name is empty'
  if (path !== path.toLowerCase()) return 'a repository name must be lower-case'
  if (!domainPattern.test(domain)) return `${JSON.stringify(domain)} is not a host name`
  const component = path.split('/').find((part) => !pathComponent.test(part))
  if (component !== undefined) return `${JSON.stringify(component)} is not a component of a repository name`
  if (path.length > maxPathLength) return `the repository name has more than ${maxPathLength} characters`
  if (tag !== undefined && !tagPattern.test(tag)) return `${JSON.stringify(tag)} is not a tag`
  return undefined
}

function invalid(text: string, problem: string): IbuildError {
  return new IbuildError('REFERENCE_INVALID', `not an image name: ${JSON.stringify(text.slice(0, 300))}: ${problem}`)
}

/** The full text: `docker.io/library/busybox:1.36@sha256:...`. */
export function formatReference(reference: Reference): string {
  return `${reference.domain}/${reference.path}${suffixOf(reference)}`
}

/** The short text that Docker prints: `busybox:1.36`, `user/app`, `host:5000/app`. */
export function familiarName(reference: Reference): string {
  const { domain, path } = reference
  if (domain !== defaultDomain) return formatReference(reference)
  const official = path.startsWith(officialPrefix) && !path.slice(officialPrefix.length).includes('/')
  return (official ? path.slice(officialPrefix.length) : path) + suffixOf(reference)
}

function suffixOf({ tag, digest }: Reference): string {
  return (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`)
}

/** The same reference with tag `latest` when it has neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference {
  return reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: 'latest' } : reference
}

/** The full text of a name as a user writes it, with the default tag: `app` gives `docker.io/library/app:latest`. */
export function fullName(text: string): string {
  return formatReference(withDefaultTag(parseReference(text)))
}

/** A full name as Docker prints it; see {@link familiarName}. */
export function shortName(full: string): string {
  return familiarName(parseReference(full))
}
