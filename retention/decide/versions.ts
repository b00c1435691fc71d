import { compare, parse, type SemVer } from 'semver'

export type Version = SemVer

/** A semantic version, perhaps with a leading v; undefined when a tag is none. */
export function parseVersion(tag: string): Version | undefined {
  return parse(tag) ?? undefined
}

/** Negative when `a` is the lower one. */
export function compareVersions(a: Version, b: Version): number {
  return compare(a, b)
}
