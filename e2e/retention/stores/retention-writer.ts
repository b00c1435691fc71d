import { imageOf, indexOf, named, pushArtifact, subjectOf } from '../../../registry/service/testing/images.ts'
import type { RegistryService } from '../../../registry/service/types.ts'
import type { Digest } from '../../../shared/base/digest.ts'
import { openRetained, type Retained } from '../testing/open-retained.ts'

export const app: ReturnType<typeof named> = named('team/app')

/** A release is never half there: an index, its images, what is packed in it, and a signature under a tag of its own. */
const images = [imageOf('amd64'), imageOf('arm64')] as const
const release = indexOf(images)
const packages = imageOf('packages', subjectOf(release))
const [signature, old, fresh] = [imageOf('signature'), imageOf('old'), imageOf('fresh')]

/** What each tag leads to; all but `fresh` are too old. */
export const tags: ReadonlyMap<string, Digest> = new Map([
  ['1.0', release.digest],
  ['1.1', old.digest],
  ['also-1.1', old.digest],
  ['fresh', fresh.digest],
])

/** What must be there as long as a tag leads there, or the trash has it. */
export const wholeOf: ReadonlyMap<Digest, readonly Digest[]> = new Map([
  [release.digest, [release, ...images, packages, signature].map(({ digest }) => digest)],
  [old.digest, [old.digest]],
])

const day = 24 * 60 * 60 * 1000

const policy = `version: 1
mode: propose
limits: { maxPercentPerRepo: none, minRemainingPerRepo: 0 }
policies:
  - id: old
    tags: { keep: [fresh] }
    delete: [{ olderThan: { pushed: 30d } }]
`

/** What is of no use may be freed at once. */
const env = {
  IBUILD_GC_DELAY: '1ms',
  IBUILD_REGISTRY_GC_LEASE: '1ms',
  IBUILD_REGISTRY_HISTORY_KEEP: '0',
}

/** The same registry, forty days after all was pushed. */
export function openLater(root: string, onNotice: (notice: string) => void): Promise<Retained> {
  return openRetained(root, { now: () => Date.now() + 40 * day, env, onNotice })
}

/** Plans and applies: the ID of the run. */
export async function planAndApply({ retention }: Retained): Promise<string> {
  const plan = await retention.plan('bob')
  return (await retention.apply(plan.id, 'bob')).id
}

async function prepare({ registry: { service }, retention }: Retained): Promise<void> {
  for (const artifact of [...images, packages]) await pushArtifact(service, app, artifact)
  await pushTagged(service, release, ['1.0'])
  await pushTagged(service, signature, [`sha256-${release.digest.slice(7)}.sig`])
  await pushTagged(service, old, ['1.1', 'also-1.1'])
  await pushTagged(service, fresh, ['fresh'])
  await retention.policies.set(policy, 'ann')
}

async function pushTagged(
  service: RegistryService,
  artifact: Parameters<typeof pushArtifact>[2],
  pushedTags: readonly string[],
): Promise<void> {
  await pushArtifact(service, app, artifact, pushedTags)
}

/** `retention-writer.ts ROOT before|after`: a process that fills a registry; one that applies a plan, gives all back, applies another, and purges. */
async function main(root: string, part: string): Promise<void> {
  const opened = await openLater(root, (notice) => void process.stderr.write(`${notice}\n`))
  if (part === 'before') await prepare(opened)
  else {
    const { retention, registry } = opened
    await retention.undo(await planAndApply(opened), 'carol')
    await planAndApply(opened)
    await retention.purge('all', 'dave')
    await registry.gc.run({ isNow: true })
  }
  await opened.close()
}

const [script, root = '', part = ''] = process.argv.slice(1)
if (script === import.meta.filename) await main(root, part)
