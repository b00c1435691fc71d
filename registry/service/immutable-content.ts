import { type Digest, parseDigest } from '../../shared/base/digest.ts'
import { eachRow } from '../../shared/rows/each-row.ts'
import { lastPart } from '../../shared/rows/row-kind.ts'
import type { Expectation } from '../../shared/rows/row-store.ts'
import { RegistryError } from '../protocol/error.ts'
import { useRows } from '../storage/gc-rows.ts'
import { repositoryRows, taggedRows } from '../storage/rows.ts'
import type { TagChanger } from './tag-change.ts'
import { requireMutable } from './tag-rules.ts'

/**
 * Refuses to remove a manifest or a blob that a tag which has to stay leads to, over whichever manifests: what such a tag was set
 * to can be pulled whole. DENIED. Resolves with what the removal has to expect: a row that is written when another such tag is
 * set, or a manifest is pushed. Costs the manifests above and their tags; nothing in a repository that has no rule for tags.
 */
export async function requireRemovable(
  { metadata, immutableBy }: TagChanger,
  name: string,
  digest: Digest,
): Promise<readonly Expectation[]> {
  const ruleOf = immutableBy(name)
  if (ruleOf === undefined) return []
  const key = repositoryRows.key(name)
  const expectation = { key, value: await metadata.get(key) }
  const above = new Set([digest])
  for (const each of above) {
    for await (const { key: tagged } of eachRow(metadata, taggedRows.prefix(name, each))) {
      const tag = lastPart(tagged)
      if (each === digest) requireMutable(immutableBy, { name, tag, is: digest })
      const rule = ruleOf(tag)
      if (rule !== undefined) throw isPart(digest, { name, tag, is: each, rule })
    }
    for await (const { key: use } of eachRow(metadata, useRows.prefix(name, each)))
      above.add(parseDigest(lastPart(use)))
  }
  return [expectation]
}

interface Immutable {
  readonly name: string
  readonly tag: string
  readonly is: Digest
  readonly rule: string
}

function isPart(digest: Digest, { name, tag, is, rule }: Immutable): RegistryError {
  return new RegistryError(
    'DENIED',
    `${digest} is part of what the tag ${tag} of ${name} leads to, which is immutable here (tags.immutable: ${JSON.stringify(rule)}): it stays`,
    { detail: { name, tag, digest: is, rule } },
  )
}
