import { familiarName, parseReference, withDefaultTag } from '../../shared/base/reference.ts'
import type { MirrorJob, Policy } from '../policy/types.ts'
import { type Claim, nameOf } from './claims.ts'

/** What mirror jobs keep fresh stays, each image for itself: what they copied would be copied again, and for nothing be deleted. */
export function mirrorClaims({ mirror }: Policy, repository: string): readonly Claim[] {
  const jobs = (byRepository.get(mirror) ?? gather(mirror)).get(repository) ?? []
  return jobs.map(({ tag, image, path }) => ({
    rule: path,
    holds: (item) => nameOf(item) === tag,
    lacksData: () => false,
    about: () => `${image} is kept fresh`,
    turnsAt: () => undefined,
  }))
}

interface Mirrored extends Pick<MirrorJob, 'image' | 'path'> {
  readonly tag: string
}

/** Policies are asked for each of their repositories. */
const byRepository = new WeakMap<readonly MirrorJob[], ReadonlyMap<string, readonly Mirrored[]>>()

function gather(jobs: readonly MirrorJob[]): ReadonlyMap<string, readonly Mirrored[]> {
  const found = new Map<string, Mirrored[]>()
  for (const { image, path, to } of jobs) {
    const reference = withDefaultTag(parseReference(image))
    const { tag } = reference
    if (tag === undefined) continue
    for (const name of to === undefined ? namesOf(reference) : [to]) {
      const others = found.get(name) ?? []
      found.set(name, [...others, { tag, image, path }])
    }
  }
  byRepository.set(jobs, found)
  return found
}

/** The path in a registry, and how Docker and the builder's store name it. */
function namesOf({ domain, path }: { readonly domain: string; readonly path: string }): ReadonlySet<string> {
  return new Set([path, familiarName({ domain, path }), `${domain}/${path}`])
}
