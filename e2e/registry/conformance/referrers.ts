import assert from 'node:assert/strict'
import type { Descriptor } from '../../../shared/oci/descriptor.ts'
import { mediaTypes } from '../../../shared/oci/media-types.ts'
import { type Check, checks, digestChecks } from './check.ts'
import {
  assertError,
  assertHeader,
  assertStatus,
  descriptorOf,
  json,
  type PushedManifest,
  type Scene,
} from './scene.ts'
import type { Answer } from './wire.ts'

const sbom = 'application/vnd.example.sbom.v1'
const signature = 'application/vnd.example.signature.v1'

interface Index {
  readonly schemaVersion: number
  readonly mediaType: string
  readonly manifests: readonly Descriptor[]
}

async function ask(scene: Scene, digest: string, query = ''): Promise<Answer> {
  const answer = await scene.askHere('GET', `referrers/${digest}${query}`)
  assertStatus(answer, 200)
  return answer
}

/** Referrers by digest. */
async function list(scene: Scene, digest: string, query = ''): Promise<ReadonlyMap<string, Descriptor>> {
  const { manifests } = json<Index>(await ask(scene, digest, query))
  return new Map(manifests.map((descriptor) => [descriptor.digest, descriptor]))
}

/** Something that was never pushed. */
const absent = (scene: Scene): Descriptor => ({
  mediaType: mediaTypes.ociManifest,
  digest: scene.digest('absent'),
  size: 6,
})

async function pushAbout(
  scene: Scene,
  subject: Descriptor,
  fields: Readonly<Record<string, unknown>> = {},
  ref?: string,
): Promise<PushedManifest> {
  return scene.pushImage({ subject, ...fields }, ref)
}

const subjects: readonly Check[] = digestChecks('Pushing manifests with subject', [
  [
    'subject-header',
    'MUST',
    'names the subject in OCI-Subject, for pushes by digest and by tag',
    async (scene) => {
      const subject = descriptorOf(await scene.pushImage())
      assertHeader((await pushAbout(scene, subject)).answer, 'oci-subject', subject.digest)
      assertHeader(
        (await pushAbout(scene, subject, { annotations: { by: 'tag' } }, 'a')).answer,
        'oci-subject',
        subject.digest,
      )
    },
  ],
  [
    'subject-missing',
    'MUST',
    'takes a manifest whose subject is not there',
    async (scene) => {
      const pushed = await pushAbout(scene, absent(scene))
      assert.deepEqual((await scene.getManifest(pushed.digest)).body, pushed.bytes)
      assert.deepEqual([...(await list(scene, absent(scene).digest)).keys()], [pushed.digest])
    },
  ],
  [
    'subject-index',
    'MUST',
    'takes an index with a subject',
    async (scene) => {
      const subject = descriptorOf(await scene.pushImage())
      const pushed = await scene.pushManifest({
        schemaVersion: 2,
        mediaType: mediaTypes.ociIndex,
        manifests: [],
        subject,
      })
      assertHeader(pushed.answer, 'oci-subject', subject.digest)
      assert.equal((await list(scene, subject.digest)).get(pushed.digest)?.mediaType, mediaTypes.ociIndex)
    },
  ],
])

const lists: readonly Check[] = digestChecks('Listing referrers', [
  [
    'referrers-list',
    'MUST',
    'lists what has the subject: media type, size and digest',
    async (scene) => {
      const subject = descriptorOf(await scene.pushImage())
      const pushed = [await pushAbout(scene, subject), await pushAbout(scene, subject, { artifactType: sbom })]
      const found = await list(scene, subject.digest)
      assert.equal(found.size, 2)
      for (const { digest, bytes } of pushed) {
        assert.equal(found.get(digest)?.size, bytes.byteLength)
        assert.equal(found.get(digest)?.mediaType, mediaTypes.ociManifest)
      }
    },
  ],
  [
    'referrers-type',
    'MUST',
    'gives the artifactType of the manifest',
    async (scene) => {
      const { digest } = await pushAbout(scene, absent(scene), { artifactType: sbom })
      assert.equal((await list(scene, absent(scene).digest)).get(digest)?.artifactType, sbom)
    },
  ],
  [
    'referrers-type-of-config',
    'MUST',
    'gives the type of the config where the manifest has no artifactType, or an empty one',
    async (scene) => {
      const [none, blank] = [
        await pushAbout(scene, absent(scene)),
        await pushAbout(scene, absent(scene), { artifactType: '' }),
      ]
      const found = await list(scene, absent(scene).digest)
      for (const { digest } of [none, blank]) assert.equal(found.get(digest)?.artifactType, mediaTypes.ociConfig)
    },
  ],
  [
    'referrers-type-of-index',
    'MUST',
    'gives no artifactType for an index without one',
    async (scene) => {
      const { digest } = await scene.pushManifest({
        schemaVersion: 2,
        mediaType: mediaTypes.ociIndex,
        manifests: [],
        subject: absent(scene),
      })
      const descriptor = (await list(scene, absent(scene).digest)).get(digest)
      assert.ok(descriptor !== undefined && !Object.hasOwn(descriptor, 'artifactType'))
    },
  ],
  [
    'referrers-annotations',
    'MUST',
    'gives all annotations of the manifest',
    async (scene) => {
      const annotations = { 'org.example.a': 'ä "quoted"', 'org.example.empty': '', __proto__x: '1' }
      const { digest } = await pushAbout(scene, absent(scene), { annotations })
      assert.deepEqual((await list(scene, absent(scene).digest)).get(digest)?.annotations, annotations)
    },
  ],
  [
    'referrers-filter',
    'SHOULD',
    'gives only those of an artifactType, and says so in OCI-Filters-Applied',
    async (scene) => {
      const wanted = await pushAbout(scene, absent(scene), { artifactType: sbom })
      await pushAbout(scene, absent(scene), { artifactType: signature })
      const answer = await ask(scene, absent(scene).digest, `?artifactType=${encodeURIComponent(sbom)}`)
      assertHeader(answer, 'oci-filters-applied', 'artifactType')
      assert.deepEqual(
        json<Index>(answer).manifests.map(({ digest }) => digest),
        [wanted.digest],
      )
    },
  ],
  [
    'referrers-filter-nothing',
    'SHOULD',
    'gives an empty list for an artifactType that nothing has',
    async (scene) => {
      await pushAbout(scene, absent(scene), { artifactType: sbom })
      const answer = await ask(scene, absent(scene).digest, '?artifactType=application/none')
      assertHeader(answer, 'oci-filters-applied', 'artifactType')
      assert.deepEqual(json<Index>(answer).manifests, [])
    },
  ],
  [
    'referrers-unknown',
    'MUST',
    'gives an empty index for a digest that nobody knows',
    async (scene) => {
      await scene.pushImage()
      assert.deepEqual(json<Index>(await ask(scene, scene.digest('unknown'))).manifests, [])
    },
  ],
  [
    'referrers-repository-unknown',
    'MUST',
    'gives an empty index in a repository that is not there',
    async (scene) => {
      assert.deepEqual(json<Index>(await ask(scene, scene.digest('unknown'))).manifests, [])
    },
  ],
  [
    'referrers-other-repository',
    'MUST',
    'lists what is in the repository only',
    async (scene) => {
      await pushAbout(scene.other(), absent(scene))
      await scene.pushImage()
      assert.equal((await list(scene, absent(scene).digest)).size, 0)
    },
  ],
  [
    'referrers-delete',
    'MUST',
    'no longer lists what was deleted',
    async (scene) => {
      const { digest } = await pushAbout(scene, absent(scene))
      assertStatus(await scene.askHere('DELETE', `manifests/${digest}`), 202)
      assert.equal((await list(scene, absent(scene).digest)).size, 0)
    },
  ],
  [
    'referrers-subject-deleted',
    'ours',
    'lists what is left when the subject was deleted',
    async (scene) => {
      const subject = descriptorOf(await scene.pushImage())
      const { digest } = await pushAbout(scene, subject)
      assertStatus(await scene.askHere('DELETE', `manifests/${subject.digest}`), 202)
      assert.deepEqual([...(await list(scene, subject.digest)).keys()], [digest])
    },
  ],
])

const forms: readonly Check[] = checks('Listing referrers', [
  [
    'referrers-form',
    'MUST',
    'answers with an image index: Content-Type, schemaVersion, mediaType',
    async (scene) => {
      const answer = await ask(scene, absent(scene).digest)
      assertHeader(answer, 'content-type', mediaTypes.ociIndex)
      const { schemaVersion, mediaType, manifests } = json<Index>(answer)
      assert.deepEqual([schemaVersion, mediaType, manifests], [2, mediaTypes.ociIndex, []])
    },
  ],
  [
    'referrers-bad-digest',
    'MUST',
    'answers 400 to a digest of bad syntax',
    async (scene) => {
      await scene.pushImage()
      for (const digest of ['sha256:abc', 'a-tag', 'md5:d41d8cd98f00b204e9800998ecf8427e'])
        assertError(await scene.askHere('GET', `referrers/${digest}`), [400], ['DIGEST_INVALID'])
    },
  ],
  [
    'referrers-once',
    'SHOULD',
    'lists what was pushed twice only once',
    async (scene) => {
      const pushed = await pushAbout(scene, absent(scene))
      await scene.pushManifest(pushed.bytes)
      await scene.pushManifest(pushed.bytes, 'a-tag')
      assert.deepEqual([...(await list(scene, absent(scene).digest)).keys()], [pushed.digest])
    },
  ],
  [
    'referrers-pages',
    'MUST',
    'leads by Link through a list that is longer than an answer',
    async (scene) => {
      const long = { long: 'x'.repeat(300_000) }
      const pushed: string[] = []
      for (let i = 0; i < 16; i++)
        pushed.push((await pushAbout(scene, absent(scene), { annotations: { ...long, i: String(i) } })).digest)
      const found: string[] = []
      let path: string | undefined = `/v2/${scene.name}/referrers/${absent(scene).digest}`
      for (let pages = 0; path !== undefined && pages < 20; pages++) {
        const answer: Answer = await scene.ask('GET', path)
        assertStatus(answer, 200)
        assert.ok(answer.body.byteLength < 5 << 20, 'a page that clients with a limit of 4 MiB could not read')
        found.push(...json<Index>(answer).manifests.map(({ digest }) => digest))
        path = /^<([^>]+)>; *rel="?next"?/.exec(answer.header('link') ?? '')?.[1]
      }
      assert.deepEqual(found.toSorted(), pushed.toSorted())
    },
  ],
])

/** Content discovery: subjects and their referrers. */
export const referrers: readonly Check[] = [...subjects, ...lists, ...forms]
