import test, { type ExecutionContext } from 'ava'
import { type CosignKey, signImage } from '../../notary/cosign/sign-image.ts'
import { createMemoryRegistry, newCosignKey } from '../../notary/cosign/testing/memory-registry.ts'
import type { SignedName } from '../../notary/tuf/signed-digests.ts'
import { eventOf } from '../../registry/events/event.ts'
import { collectedRegistry, hour } from '../../registry/gc/testing/collected-registry.ts'
import { followChanges } from '../../registry/inventory/changes.ts'
import { registryContents } from '../../registry/inventory/contents.ts'
import { parseManifestRef } from '../../registry/protocol/names.ts'
import type { Occurrence, Requester } from '../../registry/service/occurrence.ts'
import { type Artifact, imageOf, named, pushArtifact, pushBlob } from '../../registry/service/testing/images.ts'
import type { RegistryService } from '../../registry/service/types.ts'
import { createMemoryMetadata } from '../../registry/storage/memory-metadata.ts'
import { openRetention } from '../../retention/run/open-retention.ts'
import { createTrashKeeper } from '../../retention/run/trash-keeper.ts'
import type { RetentionService } from '../../retention/run/types.ts'
import { createMemoryState } from '../../retention/state/open-state.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { imageSigners, type NamedKey } from './image-signers.ts'
import { ownSignatures } from './own-signatures.ts'
import { createRegistryInventory } from './registry-inventory.ts'
import { trashRoots } from './trash-roots.ts'

const name = named('team/app')
const [release, other] = [newCosignKey(), newCosignKey()]
const [one, two] = [imageOf('one'), imageOf('two')]

interface Scene {
  readonly service: RegistryService
  readonly retention: RetentionService
  /** Names by the hex of a digest, as collections sign them. */
  readonly signed: Map<string, readonly SignedName[]>
  readonly told: { readonly occurrence: Occurrence; readonly by: Requester | undefined }[]
  /** True: what lies beside images cannot be read. */
  readonly damage: { isThere: boolean }
  /** Opens retention again, with these keys in the configuration. */
  readonly reopened: (keys: readonly NamedKey[]) => Promise<RetentionService>
}

/** A registry with two tags, and retention over it. */
async function scene(t: ExecutionContext): Promise<Scene> {
  const rows = createMemoryState()
  const trash = createTrashKeeper(rows)
  const told: { occurrence: Occurrence; by: Requester | undefined }[] = []
  const [changes, metadata] = [followChanges(), createMemoryMetadata()]
  const registry = await collectedRegistry(t, {
    metadata: changes.watch(metadata),
    gc: { delay: hour, lease: 0 },
    roots: [trashRoots(trash)],
    tell: (occurrences, by) => {
      told.push(...occurrences.map((occurrence) => ({ occurrence, by })))
      return []
    },
  })
  const { service, collector: gc, inner, clock } = registry
  const contents = registryContents({ ...inner, changes, service })
  const signed = new Map<string, readonly SignedName[]>()
  const damage = { isThere: false }
  const unreadable = async (): Promise<never> => {
    throw new IbuildError('TRUST_UNREACHABLE', 'a signature cannot be read')
  }
  const reopened = async (keys: readonly NamedKey[]): Promise<RetentionService> => {
    const signers = imageSigners(keys, () => {
      const reader = ownSignatures(service, name)
      return damage.isThere ? { ...reader, manifest: unreadable } : reader
    })
    const signedIn = async (): Promise<readonly (typeof signed)[]> => [signed]
    const inventory = createRegistryInventory({ registry: { service, contents, gc }, trash, signedIn, signers })
    const log = { info: () => {}, warn: () => {}, error: () => {} }
    const now = (): number => clock.now
    return (await openRetention({ inventory, rows, now, checkCron: () => undefined, log })).service
  }
  await pushArtifact(service, name, one, ['old-1'])
  await pushArtifact(service, name, two, ['old-2'])
  return { service, retention: await reopened([{ name: 'release', key: release.key }]), signed, told, damage, reopened }
}

const policy = (mode: string, keep = ''): string => `version: 1
mode: ${mode}
limits: { maxTags: none, maxPercentPerRepo: none, minRemainingPerRepo: 0 }
policies:
  - id: old
    tags: { delete: ["old-.*"] }
    ${keep}
`
const keptBySigners = (signers: string, mode = 'propose'): string => policy(mode, `keep: [{ signedBy: [${signers}] }]`)

async function tagsOf({ service }: Scene): Promise<readonly string[]> {
  const { items } = await service.tags(name, { count: 10, last: undefined })
  return items.filter((tag) => tag.startsWith('old-'))
}

/** Signs an image as cosign does, in both forms. */
async function sign(service: RegistryService, { digest, mediaType, bytes }: Artifact, key: CosignKey): Promise<void> {
  const beside = createMemoryRegistry()
  const descriptor = { mediaType, digest, size: bytes.length }
  await signImage(beside, { descriptor, name: `host/${name}` }, key, { now: Date.now() })
  for (const blob of beside.blobs.values()) await pushBlob(service, name, Buffer.from(blob))
  const tagOf = new Map([...beside.tags].map(([tag, led]) => [led, tag]))
  for (const [led, { bytes: manifest, mediaType: contentType }] of beside.manifests) {
    const ref = parseManifestRef(tagOf.get(led) ?? led)
    await service.manifests.put(name, ref, { bytes: manifest, contentType })
  }
}

const signings: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  'in a collection': async ({ signed }) =>
    void signed.set(two.digest.slice('sha256:'.length), [{ role: 'targets', name: 'old-2' }]),
  'beside it': async ({ service }) => sign(service, two, release),
}
for (const [where, signNow] of Object.entries(signings)) {
  test(`a tag that is signed ${where} between plan and apply stays, however soon that is`, async (t) => {
    const on = await scene(t)
    const { retention } = on
    await retention.policies.set(keptBySigners('release, targets'), 'ann')
    const plan = await retention.plan('ann')
    t.is(plan.totals.deleted, 2)
    await signNow(on)
    t.like(await retention.apply(plan.id, 'ann'), { state: 'done', removed: 1, drifted: 1, considered: 2, kept: 0 })
    t.deepEqual(await tagsOf(on), ['old-2'])
  })
}

test('what a key of the operator signed stays; by other keys nobody keeps anything', async (t) => {
  const on = await scene(t)
  const { service, retention } = on
  await sign(service, one, release)
  await sign(service, two, other)
  await retention.policies.set(keptBySigners('release'), 'ann')
  const { decision } = await retention.explain('team/app:old-1')
  t.like(decision, { reason: 'KEEP_SIGNED', about: 'signed by release', rule: 'policies[0].keep[0]' })
  t.like((await retention.explain('team/app:old-2')).decision, { reason: 'DELETE_REGEX' })
})

test('while nobody can see whether a key signed it, a tag stays', async (t) => {
  const on = await scene(t)
  const { retention, damage } = on
  await retention.policies.set(keptBySigners('release'), 'ann')
  const plan = await retention.plan('ann')
  damage.isThere = true
  const { decision } = await retention.explain('team/app:old-1')
  t.like(decision, { verdict: 'keep', reason: 'NO_DATA' })
  t.regex(decision.about, /^not signed by release, as far as can be seen: a signature cannot be read$/)
  t.like(await retention.apply(plan.id, 'ann'), { removed: 0, drifted: 2 })
  t.deepEqual(await tagsOf(on), ['old-1', 'old-2'])
})

test('a key that the configuration has not is refused at its place, and none that it lost lets anything go', async (t) => {
  const on = await scene(t)
  const { retention, reopened } = on
  const { problems } = await retention.policies.check(keptBySigners('targets/qa, relase'))
  t.like(problems, [{ path: 'policies[0].keep[0].signedBy[1]', line: 7 }])
  t.regex(problems[0]?.message ?? '', /no key relase .*did you mean release\?$/)
  await t.throwsAsync(retention.policies.set(keptBySigners('relase'), 'ann'), { code: 'RETENTION_POLICY_INVALID' })
  await retention.policies.set(keptBySigners('release', 'enforce'), 'ann')
  const without = await reopened([])
  await t.throwsAsync(without.run('ann'), { code: 'RETENTION_POLICY_INVALID', message: /no key release/ })
  t.is((await without.status()).lastRun?.state, 'failed')
  await t.throwsAsync(without.explain('team/app:old-1'), { code: 'RETENTION_POLICY_INVALID' })
  t.deepEqual(await tagsOf(on), ['old-1', 'old-2'])
})

test('receivers of events are told what goes, by which policy and why', async (t) => {
  const { retention, told } = await scene(t)
  await retention.policies.set(policy('enforce'), 'ann')
  t.like(await retention.run('schedule'), { removed: 2 })
  const gone = told.filter(({ occurrence }) => occurrence.action === 'delete')
  const facts = { id: '1', at: 0, source: { addr: '', instanceID: '' }, url: '', references: false }
  t.like(
    gone.map(({ occurrence, by }) => eventOf(occurrence, by, facts)),
    ['old-1', 'old-2'].map((tag) => ({
      action: 'delete',
      target: { repository: name, tag },
      actor: { name: 'policy 1' },
      reason: 'DELETE_REGEX',
    })),
  )
})
