import test from 'ava'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { startServe } from '../testing/serve.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import { assertError, assertStatus, Scene } from './conformance/scene.ts'
import { Wire } from './conformance/wire.ts'

const rows = [
  { sparse: 'refuse', takes: [] },
  { sparse: 'index', takes: ['index'] },
  { sparse: 'accept', takes: ['index', 'image'] },
] as const

for (const { sparse, takes } of rows) {
  test.serial(
    `manifests.sparse: ${sparse} takes ${takes.join(' and ') || 'nothing'} of which something is missing`,
    async (t) => {
      const server = await startServe(temporaryFolder(t), { env: { IBUILD_REGISTRY_MANIFESTS_SPARSE: sparse } })
      const wire = new Wire(`http://${server.host}`)
      t.teardown(async () => {
        wire.close()
        await server.close()
      })
      for (const algorithm of ['sha256', 'sha512'] as const) {
        const scene = new Scene(wire, algorithm, `sparse/${algorithm}`)
        const missing = (mediaType: string): object => ({ mediaType, digest: scene.digest('missing'), size: 7 })
        const documents = {
          image: await scene.image({ layers: [missing(mediaTypes.ociLayerGzip)] }),
          index: { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [missing(mediaTypes.ociManifest)] },
        }
        for (const [kind, document] of Object.entries(documents)) {
          const { answer, digest, bytes } = await scene.putManifest(document)
          t.is(answer.status, takes.some((each) => each === kind) ? 201 : 400, `${algorithm} ${kind}`)
          if (takes.some((each) => each === kind)) t.deepEqual((await scene.getManifest(digest)).body, bytes)
          else {
            assertError(answer, [400], ['MANIFEST_BLOB_UNKNOWN'])
            assertStatus(await scene.getManifest(digest), 404)
          }
        }
      }
    },
  )
}
