import { IbuildError } from '../base/errors.ts'
import { asObject, asString, type JsonPlace, type JsonValue, required } from '../base/json.ts'
import { optionalMembers, withoutNulls } from './members.ts'

/** What an image runs on (OCI image-spec, index.md). Values as Go spells them: `linux`, `amd64`. */
export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
  readonly 'os.version'?: string
  readonly 'os.features'?: readonly string[]
}

const architectureNames: ReadonlyMap<string, readonly [architecture: string, variant: string]> = new Map([
  ['x86_64', ['amd64', '']],
  ['x86-64', ['amd64', '']],
  ['i386', ['386', '']],
  ['i486', ['386', '']],
  ['i586', ['386', '']],
  ['i686', ['386', '']],
  ['ia32', ['386', '']],
  ['x64', ['amd64', '']],
  ['aarch64', ['arm64', '']],
  ['armhf', ['arm', 'v7']],
  ['armel', ['arm', 'v6']],
  ['loong64', ['loong64', '']],
  ['ppc64el', ['ppc64le', '']],
])

const knownArchitectures: ReadonlySet<string> = new Set(
  '386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x wasm'.split(' '),
)

const knownSystems: ReadonlySet<string> = new Set(
  'aix android darwin dragonfly freebsd illumos js linux netbsd openbsd plan9 solaris wasip1 windows'.split(' '),
)

const componentPattern = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/

/**
 * Parses `os/arch[/variant]`, or one of them alone (the rest is the host's), as `--platform` takes it. USAGE when it is
 * malformed.
 */
export function parsePlatform(text: string): Platform {
  const parts = text.split('/')
  if (parts.length > 3 || parts.some((part) => !componentPattern.test(part))) throw invalid(text)
  const [first = '', second, third] = parts
  const os = systemOf(first)
  if (second !== undefined && !knownSystems.has(os)) throw invalid(text)
  if (second !== undefined) return normalizePlatform(platformOf(os, second, third))
  if (knownSystems.has(os)) return { ...hostPlatform(), os }
  const platform = normalizePlatform({ os: hostPlatform().os, architecture: first })
  if (!knownArchitectures.has(platform.architecture)) throw invalid(text)
  return platform
}

function invalid(text: string): IbuildError {
  const message = `not a platform: ${JSON.stringify(text.slice(0, 100))}`
  return new IbuildError('USAGE', message, { hint: 'Write it as os/architecture[/variant], for example linux/arm64.' })
}

function platformOf(os: string, architecture: string, variant: string | undefined): Platform {
  return { os, architecture, ...(variant !== undefined && { variant }) }
}

function systemOf(name: string): string {
  const os = name.toLowerCase()
  return os === 'macos' ? 'darwin' : os
}

/** One spelling for equal platforms: `x86_64` is amd64, `arm64/v8` is arm64, `arm` is arm/v7, `amd64/v1` is amd64. */
export function normalizePlatform(platform: Platform): Platform {
  const { variant: given, ...rest } = platform
  const name = platform.architecture.toLowerCase()
  const [architecture, alias] = architectureNames.get(name) ?? [name, '']
  const variant = normalizeVariant(architecture, alias || (given ?? '').toLowerCase())
  return { ...rest, os: systemOf(platform.os), architecture, ...(variant !== '' && { variant }) }
}

function normalizeVariant(architecture: string, variant: string): string {
  if (architecture === 'arm64') return variant === '8' || variant === 'v8' ? '' : variant
  if (architecture === 'amd64') return variant === 'v1' ? '' : variant
  if (architecture !== 'arm') return variant
  if (variant === '' || variant === '7') return 'v7'
  return /^[568]$/.test(variant) ? `v${variant}` : variant
}

/** `os/arch[/variant]`. */
export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant } = platform
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`
}

/** True when both name the same system, architecture and variant after normalisation. */
export function samePlatform(a: Platform, b: Platform): boolean {
  return formatPlatform(normalizePlatform(a)) === formatPlatform(normalizePlatform(b))
}

/** Architectures whose processors run programs of another one too. */
const alsoRun: ReadonlyMap<string, string> = new Map([
  ['amd64', '386'],
  ['arm64', 'arm'],
])

/** True when programs for `image` run on `host` without emulation, as far as system and architecture tell. */
export function canRun(host: Platform, image: Platform): boolean {
  const [ours, theirs] = [normalizePlatform(host), normalizePlatform(image)]
  if (ours.os !== theirs.os) return false
  return ours.architecture === theirs.architecture || alsoRun.get(ours.architecture) === theirs.architecture
}

/** `the image is for linux/arm64, and this machine is linux/amd64` */
export function describeForeign(host: Platform, image: Platform): string {
  const [ours, theirs] = [host, image].map(({ os, architecture, variant }) =>
    formatPlatform({ os, architecture, ...(variant !== undefined && { variant }) }),
  )
  return `the image is for ${theirs}, and this machine is ${ours}`
}

/** The platform of this machine. */
export function hostPlatform(): Platform {
  return normalizePlatform({
    os: process.platform === 'win32' ? 'windows' : process.platform,
    architecture: process.arch,
  })
}

/** Platform of a descriptor in an index; values are kept as they are. */
export function parsePlatformJson(value: JsonValue, place: JsonPlace): Platform {
  const object = asObject(value, place)
  return {
    ...withoutNulls(object),
    architecture: required(object, 'architecture', place, asString),
    os: required(object, 'os', place, asString),
    ...optionalMembers(object, place, { string: ['variant', 'os.version'], strings: ['os.features'] }),
  }
}
