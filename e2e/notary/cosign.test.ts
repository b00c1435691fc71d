import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { signatureRegistry } from '../../app/adapters/signature-registry.ts'
import { findSigners } from '../../notary/cosign/find-signers.ts'
import { signImage } from '../../notary/cosign/sign-image.ts'
import { newCosignKey } from '../../notary/cosign/testing/memory-registry.ts'
import type { CosignForm, SignatureRegistry } from '../../notary/cosign/types.ts'
import { readPublicKey } from '../../notary/keys/public-key-file.ts'
import { testClient } from '../../registry/client/testing/client.ts'
import { digestOf } from '../../shared/base/digest.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { needs } from '../testing/needs.ts'
import { requireProgram } from '../testing/programs.ts'
import { startRegistry } from '../testing/registry.ts'
import { run } from '../testing/run.ts'
import { startServer } from '../testing/serve.ts'
import { temporaryFolder } from '../testing/temporary.ts'

const folder = temporaryFolder({ teardown: (work) => test.after.always(work) })
const publicKey = new URL('../../testdata/cosign/cosign.pub', import.meta.url)
const privateKey = new URL('../../testdata/cosign/cosign.key', import.meta.url)

const running: (() => Promise<unknown>)[] = []
test.after.always(() => Promise.all(running.map((stop) => stop())))

/** Registries with the referrers API, and without it. Each is started when it is first needed. */
const registries: Readonly<Record<string, { needs: readonly string[]; start: () => Promise<string> }>> = {
  ours: {
    needs: [],
    start: async () => {
      const server = await startServer(['--root', join(folder, 'ours'), '--listen', '127.0.0.1:0'])
      running.push(() => server.stop())
      return new URL(server.url).host
    },
  },
  distribution: {
    needs: ['root', 'distribution'],
    start: async () => {
      mkdirSync(join(folder, 'peer', 'data'), { recursive: true })
      const { host, ...daemon } = await startRegistry(join(folder, 'peer'), 'distribution')
      running.push(() => daemon.close())
      return host
    },
  },
}

interface Image {
  readonly registry: SignatureRegistry
  readonly descriptor: Descriptor
  /** With its host. */
  readonly name: string
}

let count = 0

/** A new image in a repository of its own. */
async function newImage(t: ExecutionContext, host: string): Promise<Image> {
  const path = `team/app-${++count}`
  const registry = signatureRegistry(testClient(t).repository({ domain: host, path }))
  const config = { mediaType: mediaTypes.ociConfig, digest: digestOf('{}'), size: 2 }
  await registry.putBlob(config, Buffer.from('{}'))
  const annotations = { random: randomBytes(8).toString('hex') }
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [], annotations }
  const bytes = Buffer.from(JSON.stringify(manifest))
  const digest = digestOf(bytes)
  await registry.putManifest('v1', { mediaType: mediaTypes.ociManifest, digest, bytes }, {})
  return {
    registry,
    name: `${host}/${path}`,
    descriptor: { mediaType: mediaTypes.ociManifest, digest, size: bytes.length },
  }
}

interface Outcome {
  readonly code: number
  readonly text: string
}

async function cosign(...args: readonly string[]): Promise<Outcome> {
  const env = { COSIGN_PASSWORD: 'pw', HOME: folder }
  const options = { env, timeout: 60_000 }
  const { code, stdout, stderr } = await run(requireProgram('cosign'), [...args, '--allow-insecure-registry'], options)
  return { code, text: stdout + stderr }
}

/** What makes cosign look at one form alone. */
const formFlags: Readonly<Record<CosignForm, readonly string[]>> = { bundle: [], tag: ['--new-bundle-format=false'] }

const verify = ({ name, descriptor }: Image, key: string, form: CosignForm): Promise<Outcome> =>
  cosign('verify', '--key', key, '--insecure-ignore-tlog=true', ...formFlags[form], `${name}@${descriptor.digest}`)

const withoutLog = ['--yes', '--tlog-upload=false', '--use-signing-config=false']

for (const [title, { needs: wanted, start }] of Object.entries(registries)) {
  let started: Promise<string> | undefined
  const host = (): Promise<string> => (started ??= start())
  const withCosign = needs(test.serial, 'cosign', ...wanted)

  for (const type of ['ecdsa', 'ed25519', 'rsa'] as const) {
    withCosign(`${title}: cosign verifies what we sign with a key of type ${type}, in both forms`, async (t) => {
      t.timeout(120_000)
      const [image, own, stranger] = [await newImage(t, await host()), newCosignKey(type), newCosignKey(type)]
      const files = [own, stranger].map(({ key }, i) => {
        const file = join(folder, `${title}-${type}-${i}.pub`)
        writeFileSync(file, key.object.export({ type: 'spki', format: 'pem' }))
        return file
      })
      t.deepEqual(await signImage(image.registry, image, own, { now: Date.now() }), ['bundle', 'tag'])
      for (const form of ['bundle', 'tag'] as const) {
        const good = await verify(image, files[0] ?? '', form)
        t.is(good.code, 0, good.text)
        t.true(good.text.includes(image.descriptor.digest))
        t.not((await verify(image, files[1] ?? '', form)).code, 0, 'by another key')
      }
    })
  }

  withCosign(`${title}: what cosign signs verifies here, in both forms, and beside our signatures`, async (t) => {
    t.timeout(120_000)
    const image = await newImage(t, await host())
    const keyFile = join(folder, 'cosign.key')
    copyFileSync(privateKey, keyFile)
    const { key } = readPublicKey(readFileSync(publicKey, 'utf8'))
    const ours = newCosignKey()
    const found = async (form: CosignForm): Promise<readonly boolean[]> => {
      const signers = await findSigners(image.registry, image.descriptor.digest, {
        keys: [key, ours.key],
        forms: [form],
      })
      return [key, ours.key].map(({ canonicalID }) => signers.has(canonicalID))
    }
    for (const form of ['bundle', 'tag'] as const) {
      await signImage(image.registry, image, ours, { now: Date.now(), forms: [form] })
      t.deepEqual(await found(form), [false, true])
      const target = `${image.name}@${image.descriptor.digest}`
      const signed = await cosign('sign', '--key', keyFile, ...withoutLog, ...formFlags[form], target)
      t.is(signed.code, 0, signed.text)
      t.deepEqual(await found(form), [true, true])
      const verified = await verify(image, fileURLToPath(publicKey), form)
      t.is(verified.code, 0, verified.text)
    }
  })

  withCosign(`${title}: what cosign attests of an image is no signature of it`, async (t) => {
    t.timeout(120_000)
    const image = await newImage(t, await host())
    const keyFile = join(folder, 'cosign.key')
    copyFileSync(privateKey, keyFile)
    const predicate = join(folder, 'predicate.json')
    writeFileSync(predicate, '{}')
    const target = `${image.name}@${image.descriptor.digest}`
    const attested = await cosign('attest', '--key', keyFile, '--predicate', predicate, ...withoutLog, target)
    t.is(attested.code, 0, attested.text)
    const { key } = readPublicKey(readFileSync(publicKey, 'utf8'))
    t.is((await findSigners(image.registry, image.descriptor.digest, { keys: [key] })).size, 0)
  })
}
