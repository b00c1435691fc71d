import type { Descriptor } from './descriptor.ts'
import { formatPlatform, normalizePlatform, type Platform } from './platform.ts'

/** What an index has for a platform. */
export interface PlatformChoice {
  /** The nearest that runs there; undefined when there is none. */
  readonly chosen: Descriptor | undefined
  /** Platforms of all images that the index names, as `os/arch[/variant]`, each once. */
  readonly known: readonly string[]
}

/**
 * The manifest of an index for a platform: the same system, architecture and variant, else the nearest older variant of the
 * same architecture. Manifests that are no images, such as attestations (`unknown/unknown`), are passed over; of equal ones
 * the first wins. An index that names one image without a platform has that image for all.
 */
export function choosePlatform(manifests: readonly Descriptor[], wanted: Platform): PlatformChoice {
  const images = manifests.filter((each) => !isAttestation(each))
  const known = [...new Set(images.flatMap(({ platform }) => (platform === undefined ? [] : [shown(platform)])))]
  const names = candidatesOf(wanted)
  const ranked = images.flatMap((descriptor) => {
    const rank = descriptor.platform === undefined ? -1 : names.indexOf(shown(descriptor.platform))
    return rank < 0 ? [] : [{ descriptor, rank }]
  })
  const best = ranked.reduce<(typeof ranked)[number] | undefined>(
    (found, each) => (found === undefined || each.rank < found.rank ? each : found),
    undefined,
  )
  const only = images.length === 1 && images[0]?.platform === undefined ? images[0] : undefined
  return { chosen: best?.descriptor ?? only, known }
}

/** True when an image for `image` is what one gets who wants `wanted`: the same, or an older variant. */
export function fitsPlatform(wanted: Platform, image: Platform): boolean {
  return candidatesOf(wanted).includes(shown(image))
}

/** What build tools add to an index about its images. */
export function isAttestation({ platform, annotations }: Descriptor): boolean {
  return annotations?.['vnd.docker.reference.type'] !== undefined || platform?.os === 'unknown'
}

function shown(platform: Platform): string {
  return formatPlatform(normalizePlatform(platform))
}

/** Variants of an architecture, the newest first; each runs programs of those after it. */
const variants: Readonly<Record<string, readonly string[]>> = {
  arm: ['v8', 'v7', 'v6', 'v5'],
  amd64: ['v4', 'v3', 'v2', ''],
}

/** What runs on a platform, the best first. */
function candidatesOf(wanted: Platform): string[] {
  const { os, architecture, variant = '' } = normalizePlatform(wanted)
  const family = variants[architecture] ?? []
  const at = family.indexOf(variant)
  const names = at < 0 ? [variant] : family.slice(at)
  return names.map((name) => formatPlatform({ os, architecture, ...(name !== '' && { variant: name }) }))
}
