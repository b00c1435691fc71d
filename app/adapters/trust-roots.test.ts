import test from 'ava'
import { send, serviceScene } from '../../notary/service/testing/service-scene.ts'
import { parseTargetsRole } from '../../notary/tuf/role.ts'
import { TestCollection } from '../../notary/tuf/testing/collection.ts'
import { newKey } from '../../notary/tuf/testing/keys.ts'
import type { FileMeta } from '../../notary/tuf/types.ts'
import type { MetadataSource } from '../../notary/verifier/types.ts'
import { gunNames } from '../../registry/access/gun-names.ts'
import type { Collector } from '../../registry/gc/collector.ts'
import { createCollector } from '../../registry/gc/collector.ts'
import type { GcRoots } from '../../registry/gc/types.ts'
import { parseName } from '../../registry/protocol/names.ts'
import { imageOf, pushArtifact } from '../../registry/service/testing/images.ts'
import { memoryRegistry } from '../../registry/service/testing/memory-registry.ts'
import type { RegistryService } from '../../registry/service/types.ts'
import { type Digest, digestOf, hexOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { signedElsewhere, signedHere, trustRoots } from './trust-roots.ts'

const name = parseName('team/app')
const [one, two, three] = [digestOf(Buffer.from('one')), digestOf(Buffer.from('two')), digestOf(Buffer.from('three'))]
const all: readonly Digest[] = [one, two, three]
const releases = parseTargetsRole('targets/releases')

function metaOf(digest: Digest): FileMeta {
  return { length: 3, sha256: Buffer.from(hexOf(digest), 'hex'), sha512: undefined }
}

const kept = async (roots: GcRoots): Promise<readonly string[]> => [...(await roots.keeps(name, all))].toSorted()
const sorted = (...digests: readonly Digest[]): readonly string[] => digests.toSorted()

test('what any collection of a repository signs is kept, by whichever role and host', async (t) => {
  const { service, collection } = serviceScene(t)
  const roots = trustRoots(signedHere(service))
  t.deepEqual(await kept(roots), [])
  const made = (await collection()).delegate('targets/releases', [newKey('ecdsa')])
  await send(service, made.addTarget('v1', metaOf(one)).addTarget('v2', metaOf(two), releases))
  await send(service, (await collection({ gun: 'old.example.org/team/app' })).addTarget('v3', metaOf(three)))
  t.deepEqual(await kept(roots), sorted(one, two, three))
  t.deepEqual(await kept(trustRoots(signedHere(service))), sorted(one, two, three))
  t.deepEqual([...(await roots.keeps(parseName('app'), all))], [])
  await send(service, made.removeTarget('v1'), ['targets', 'snapshot'])
  t.deepEqual(await kept(roots), sorted(two, three))
  await service.remove(made.gun)
  t.deepEqual(await kept(roots), sorted(three))
})

test('what is expired is kept as well', async (t) => {
  const { service, clock, collection, signer } = serviceScene(t)
  await send(service, (await collection()).addTarget('v1', metaOf(one)))
  signer.setDown(true)
  clock.now += 20 * 365 * 86_400_000
  t.deepEqual(await kept(trustRoots(signedHere(service))), sorted(one))
})

/** A server with these collections. */
async function serverOf(...collections: readonly TestCollection[]): Promise<MetadataSource> {
  const published = await Promise.all(collections.map((made) => made.publish()))
  const byGun = new Map(published.map(({ gun, served }) => [gun, served]))
  return { fetch: async (gun, file) => byGun.get(gun)?.get(file) }
}

const names = (): ReturnType<typeof gunNames> => gunNames(['localhost:5000', 'registry.example.org'])

test('what a trust server elsewhere signs is kept, under each name of the registry', async (t) => {
  const first = new TestCollection().delegate('targets/releases', [newKey('ecdsa')])
  first.addTarget('v1', metaOf(one)).addTarget('v2', metaOf(two), releases)
  const second = new TestCollection({ gun: 'registry.example.org/team/app' }).addTarget('v1', metaOf(three))
  const source = await serverOf(first, second)
  t.deepEqual(await kept(trustRoots(signedElsewhere(source, names))), sorted(one, two, three))
  t.deepEqual(await kept(trustRoots(signedElsewhere(await serverOf(first), names))), sorted(one, two))
})

test('what cannot be read is an error, and never nothing', async (t) => {
  const made = new TestCollection().addTarget('v1', metaOf(one)).damage('targets', () => Buffer.from('{}'))
  const broken = await serverOf(made)
  await t.throwsAsync(kept(trustRoots(signedElsewhere(broken, names))), { code: 'METADATA_INVALID' })
  await t.throwsAsync(kept(trustRoots(signedElsewhere(away, names))), { message: /away/ })
  const whole = await serverOf(new TestCollection().addTarget('v1', metaOf(one)))
  const without: MetadataSource = {
    fetch: async (gun, file, limits) => (file === 'targets.json' ? undefined : whole.fetch(gun, file, limits)),
  }
  await t.throwsAsync(kept(trustRoots(signedElsewhere(without, names))), { code: 'TRUST_MISMATCH' })
})

test('a repository whose name is too long for a collection has none, and collection of garbage goes on', async (t) => {
  const roots = trustRoots(signedElsewhere(away, names))
  t.deepEqual([...(await roots.keeps(parseName('a'.repeat(250)), all))], [])
})

const away: MetadataSource = {
  fetch: async () => Promise.reject(new IbuildError('TRUST_UNREACHABLE', 'the server is away')),
}

interface Collected {
  readonly service: RegistryService
  readonly collector: Collector
}

async function collected(roots: readonly GcRoots[]): Promise<Collected> {
  let collector: Collector | undefined
  const settings = { enabled: true, delay: 0, lease: 0, untagged: { remove: true, keep: 0 } }
  const { service } = await memoryRegistry({
    lease: () => 0,
    attach: (inner) =>
      (collector = createCollector({ ...inner, settings: () => settings }, { roots, isTicking: false })),
  })
  if (collector === undefined) throw new Error('nothing was attached')
  return { service, collector }
}

test('as long as a trust server is away nothing is removed, and the reason is told', async (t) => {
  let source = away
  const server: MetadataSource = { fetch: async (...asked) => source.fetch(...asked) }
  const { service, collector } = await collected([trustRoots(signedElsewhere(server, names))])
  const [signed, other] = [imageOf('signed'), imageOf('other')]
  for (const image of [signed, other]) await pushArtifact(service, name, image)
  const isThere = async (digest: Digest): Promise<boolean> =>
    service.manifests.get(name, { digest }).then(
      () => true,
      () => false,
    )
  const held = (await collector.run({ isNow: true })).held.join(' ')
  t.regex(held, /trusted collections: the server is away/)
  t.deepEqual([await isThere(signed.digest), await isThere(other.digest)], [true, true])
  source = await serverOf(new TestCollection().addTarget('v1', metaOf(signed.digest)))
  for (let i = 0; i < 5 && (await isThere(other.digest)); i++) await collector.run({ isNow: true })
  t.deepEqual([await isThere(signed.digest), await isThere(other.digest)], [true, false])
  await service.close()
})
