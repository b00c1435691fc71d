import type { Digest } from '../../shared/base/digest.ts'
import { RegistryError } from '../protocol/error.ts'

/** The rule by which a tag of one repository may neither be moved nor deleted, as it is written in the configuration. */
export type ImmutableTag = (tag: string) => string | undefined

/** The rules for the tags of a repository; undefined where there is none: then nothing is looked up for it. */
export type ImmutableBy = (name: string) => ImmutableTag | undefined

/** For a registry whose tags may all be moved. */
export const allMutable: ImmutableBy = () => undefined

/**
 * Refuses to move a tag that has to stay, or to remove it: DENIED, which names the rule. 403 is what docker, podman, skopeo and
 * crane show at once, with the message.
 */
export function requireMutable(
  immutableBy: ImmutableBy,
  { name, tag, is }: { readonly name: string; readonly tag: string; readonly is: Digest },
): void {
  const rule = immutableBy(name)?.(tag)
  if (rule === undefined) return
  throw new RegistryError(
    'DENIED',
    `the tag ${tag} of ${name} is immutable here (tags.immutable: ${JSON.stringify(rule)}) and stays ${is}: use another tag`,
    { detail: { name, tag, digest: is, rule } },
  )
}
