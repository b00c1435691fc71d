import { join } from 'node:path'
import test from 'ava'
import { type Artifact, imageOf, indexOf } from '../../../registry/service/testing/images.ts'
import { digestOf } from '../../../shared/base/digest.ts'
import { type GateScene, signedBySomebody, startGate } from './scene.ts'

const config = {
  trust: {
    pulls: [
      { repositories: 'watched/**', mode: 'report', require: signedBySomebody },
      { repositories: 'app/**', mode: 'enforce', require: signedBySomebody },
      {
        repositories: 'keys/**',
        mode: 'enforce',
        require: { notary: { root: { firstUse: true }, keys: 'a'.repeat(64) } },
      },
    ],
  },
  gc: { lease: '1s', delay: '1s', untagged: { keep: 0 } },
  history: { keep: 0 },
}

let started: Promise<GateScene> | undefined
const scene = (): Promise<GateScene> => (started ??= startGate(config))
test.after.always(async () => (await started)?.[Symbol.asyncDispose]())

test.serial('what nobody signed is refused to who may only pull, and let through once it is signed', async (t) => {
  const { host, ann, push, get } = await scene()
  const image = imageOf('one')
  const blob = `app/one/blobs/${digestOf(image.blobs[1] ?? '')}`
  await push('app/one', image, 'v1')
  const refused = await get('bob', 'app/one/manifests/v1')
  t.is(refused.status, 403)
  t.regex(refused.text, /"code":"DENIED","message":"[^"]*app\/one/)
  t.is((await get('bob', `app/one/manifests/${image.digest}`)).status, 403)
  t.is((await get('bob', blob)).status, 403)
  t.is((await get('ann', 'app/one/manifests/v1')).status, 200)
  await ann.trust('sign', `${host}/app/one:v1`)
  for (const path of ['app/one/manifests/v1', `app/one/manifests/${image.digest}`, blob]) {
    const answer = await get('bob', path)
    t.deepEqual([answer.status, answer.warning], [200, null], path)
  }
})

test.serial('what a tag leads to after it was signed is refused, and so is what was revoked', async (t) => {
  const { host, ann, push, get } = await scene()
  const [image, other] = [imageOf('two'), imageOf('another')]
  await push('app/two', image, 'v1')
  await ann.trust('sign', `${host}/app/two:v1`)
  t.is((await get('bob', 'app/two/manifests/v1')).status, 200)
  await push('app/two', image, 'kept') // what has no tag and no signature is removed here
  await push('app/two', other, 'v1')
  const moved = await get('bob', 'app/two/manifests/v1')
  t.is(moved.status, 403)
  t.true(moved.text.includes(other.digest) && moved.text.includes(image.digest), moved.text)
  t.is((await get('bob', `app/two/manifests/${image.digest}`)).status, 200)
  await ann.trust('revoke', `${host}/app/two:v1`, '--yes')
  t.is((await get('bob', `app/two/manifests/${image.digest}`)).status, 403)
})

test.serial('the images of a signed index are let through', async (t) => {
  const { host, ann, push, get } = await scene()
  const [amd, arm, alone] = [imageOf('amd64'), imageOf('arm64'), imageOf('alone')]
  // With tags of their own, for the same reason.
  for (const [i, image] of [amd, arm, alone].entries()) await push('app/many', image, `image-${i}`)
  await push('app/many', indexOf([amd, arm]), 'v1')
  await ann.trust('sign', `${host}/app/many:v1`)
  for (const { digest, blobs } of [amd, arm]) {
    t.is((await get('bob', `app/many/manifests/${digest}`)).status, 200)
    t.is((await get('bob', `app/many/blobs/${digestOf(blobs[0] ?? '')}`)).status, 200)
  }
  t.is((await get('bob', `app/many/manifests/${alone.digest}`)).status, 403)
})

test.serial('who must have signed is a matter of keys', async (t) => {
  const { host, ann, push, get } = await scene()
  await push('keys/app', imageOf('keys'), 'v1')
  await ann.trust('sign', `${host}/keys/app:v1`)
  t.regex((await get('bob', 'keys/app/manifests/v1')).text, /signed by 0 of the 1 keys/)
})

test.serial('where the gate reports, pulls are let through, warned of, and counted', async (t) => {
  const { server, push, get } = await scene()
  await push('watched/app', imageOf('watched'), 'v1')
  const answer = await get('bob', 'watched/app/manifests/v1')
  t.is(answer.status, 200)
  t.regex(answer.warning ?? '', /^299 - ".*watched\/app/)
  const metrics = await (await fetch(`${server.url}/metrics`)).text()
  t.regex(metrics, /ibuild_registry_gated_pulls_total\{result="reported"\} [1-9]/)
  t.regex(metrics, /ibuild_registry_gated_pulls_total\{result="refused"\} [1-9]/)
  t.regex(metrics, /ibuild_registry_gated_pulls_total\{result="exempt"\} [1-9]/)
})

test.serial('what is signed stays when its tag is gone, and what is not goes', async (t) => {
  const { host, ann, push, get, registry } = await scene()
  const [kept, gone, last] = [imageOf('kept'), imageOf('gone'), imageOf('last')]
  await push('app/gc', kept, 'v1')
  await ann.trust('sign', `${host}/app/gc:v1`)
  for (const image of [gone, last]) await push('app/gc', image, 'v1')
  const isThere = async ({ digest }: { digest: string }): Promise<boolean> =>
    (await get('ann', `app/gc/manifests/${digest}`)).status === 200
  for (const end = Date.now() + 30_000; Date.now() < end && (await isThere(gone)); )
    await registry('gc', 'run', '--now')
  t.deepEqual([await isThere(kept), await isThere(gone), await isThere(last)], [true, false, true])
  t.regex(await registry('gc', 'explain', `app/gc@${kept.digest}`), /trusted collections/)
})

test.serial('rules are read again, and those that nobody could use change nothing', async (t) => {
  const { push, get, reload } = await scene()
  await push('app/late', imageOf('late'), 'v1')
  t.is((await get('bob', 'app/late/manifests/v1')).status, 403)
  const wrong = { repositories: 'app/**', mode: 'enforce', require: { notary: {} } }
  await reload({ ...config, trust: { pulls: [wrong] } })
  t.is((await get('bob', 'app/late/manifests/v1')).status, 403)
  await reload({ ...config, trust: { pulls: [] } })
  t.is((await get('bob', 'app/late/manifests/v1')).status, 200)
  await reload(config)
  t.is((await get('bob', 'app/late/manifests/v1')).status, 403)
})

test.serial(
  'where a signature of cosign is required, one by the right key lets an image and its platforms through',
  async (t) => {
    const { folder, host, ann, push, get, reload } = await scene()
    const [image, child, unsigned, byOther] = ['c1', 'c2', 'c3', 'c4'].map((name) => imageOf(name)) as [
      Artifact,
      Artifact,
      Artifact,
      Artifact,
    ]
    const newKey = async (name: string): Promise<string> =>
      /[0-9a-f]{64}/.exec(await ann.trust('key', 'generate', name))?.[0] ?? 'no key was told'
    const [carol, eve] = [await newKey('carol'), await newKey('eve')]
    const keys = [join(folder, 'ann', 'carol.pub')]
    const rule = { repositories: 'cosigned/**', mode: 'enforce', require: { cosign: { keys } } }
    await reload({ ...config, trust: { pulls: [...config.trust.pulls, rule] } })
    await push('cosigned/app', image, 'v1')
    await push('cosigned/app', child)
    await push('cosigned/app', indexOf([child]), 'all')
    await push('cosigned/app', unsigned, 'unsigned')
    await push('cosigned/app', byOther, 'other')
    const status = async (path: string): Promise<number> => (await get('bob', `cosigned/app/${path}`)).status
    t.is(await status('manifests/v1'), 403)
    const sign = (tag: string, key: string): Promise<string> =>
      ann.trust('sign', '--format', 'cosign', '--cosign-key', key, `${host}/cosigned/app:${tag}`)
    await sign('v1', carol)
    await sign('all', carol)
    await sign('other', eve)
    const layer = `blobs/${digestOf(image.blobs[1] ?? '')}`
    for (const path of [
      'manifests/v1',
      `manifests/${image.digest}`,
      layer,
      'manifests/all',
      `manifests/${child.digest}`,
    ])
      t.is(await status(path), 200, path)
    t.deepEqual([await status('manifests/unsigned'), await status('manifests/other')], [403, 403])
    t.regex((await get('bob', 'cosigned/app/manifests/other')).text, /"code":"DENIED","message":"[^"]*cosign/)
    await reload(config)
  },
)
