import test from 'ava'
import { digestOf } from '../../../shared/base/digest.ts'
import { imageOf, named, pushArtifact } from '../../service/testing/images.ts'
import { serve } from '../testing/served.ts'

const name = named('team/app')
const [image, other] = [imageOf('a'), imageOf('b')]
const layer = digestOf(image.blobs[1] ?? '')

for (const [what, path, code, detail] of [
  ['tag v1', 'manifests/v1', 'MANIFEST_UNKNOWN', { tag: 'v1' }],
  [`manifest ${image.digest}`, `manifests/${image.digest}`, 'MANIFEST_UNKNOWN', { digest: image.digest }],
  [`blob ${layer}`, `blobs/${layer}`, 'BLOB_UNKNOWN', { digest: layer }],
] as const) {
  test(`DELETE of the same ${what.slice(0, 8)} again is 404 and says what is not there`, async (t) => {
    const { ask, service } = await serve(t)
    await pushArtifact(service, name, image, ['v1', 'v2'])
    await pushArtifact(service, name, other)
    t.is((await ask('DELETE', `/v2/${name}/${path}`)).status, 202)
    for (let again = 0; again < 2; again++) {
      const { status, body } = await ask('DELETE', `/v2/${name}/${path}`)
      t.is(status, 404)
      t.deepEqual(JSON.parse(String(body)), { errors: [{ code, message: `${name} has no ${what}`, detail }] })
    }
  })
}

test('where nothing of a repository is left, DELETE of a tag or manifest says so, and of a blob that it is not there', async (t) => {
  const { ask, service } = await serve(t)
  await pushArtifact(service, name, image, ['v1'])
  for (const path of [`manifests/${image.digest}`, ...image.blobs.map((blob) => `blobs/${digestOf(blob)}`)]) {
    t.is((await ask('DELETE', `/v2/${name}/${path}`)).status, 202)
  }
  for (const [path, code] of [
    ['manifests/v1', 'NAME_UNKNOWN'],
    [`manifests/${image.digest}`, 'NAME_UNKNOWN'],
    [`blobs/${layer}`, 'BLOB_UNKNOWN'],
  ] as const) {
    const answer = await ask('DELETE', `/v2/${name}/${path}`)
    t.deepEqual([answer.status, answer.codes], [404, [code]])
  }
})
