import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { createRegistryClient } from '../../../registry/client/client.ts'
import type { RegistryClient, RemoteManifest } from '../../../registry/client/types.ts'
import { digestOf } from '../../../shared/base/digest.ts'
import { listening } from '../../../shared/net/testing/stand-in.ts'
import type { Descriptor } from '../../../shared/oci/descriptor.ts'
import { mediaTypes } from '../../../shared/oci/media-types.ts'
import { missing, skipFor } from '../../testing/needs.ts'
import { startRegistry } from '../../testing/registry.ts'
import { startServe } from '../../testing/serve.ts'

interface Registry {
  readonly host: string
  close(): Promise<unknown>
}

const kinds: readonly (readonly [string, readonly string[], (folder: string) => Promise<Registry>])[] = [
  ['docker-registry', ['root', 'docker-registry'], (folder) => startRegistry(folder)],
  ['ibuild serve', ['setpriv'], (folder) => startServe(join(folder, 'data'))],
]

const layer = randomBytes(3_000_000)
const config = Buffer.from('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}')
const described = (bytes: Buffer, mediaType: string): Descriptor => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
})
const layerDescriptor = described(layer, mediaTypes.ociLayerGzip)

function manifestOf(more: object = {}): RemoteManifest {
  const document = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: described(config, mediaTypes.ociConfig),
    layers: [layerDescriptor],
    ...more,
  }
  const bytes = Buffer.from(JSON.stringify(document))
  return { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), bytes }
}

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += 65_536) yield bytes.subarray(i, i + 65_536)
}

async function collected<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of source) all.push(item)
  return all
}

function clientFor(t: ExecutionContext): RegistryClient {
  const client = createRegistryClient({ userAgent: 'ibuild/test', retries: { delay: 20 } })
  t.teardown(() => client.close())
  return client
}

/** Cuts each of the first connections after so many bytes in one direction. */
async function cutting(
  t: ExecutionContext,
  host: string,
  cuts: readonly { readonly up?: number; readonly down?: number }[],
): Promise<string> {
  const left = [...cuts]
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(host.split(':')[1]), '127.0.0.1')
    const cut = left[0]
    let [up, down] = [0, 0]
    const end = (): void => {
      near.destroy()
      far.destroy()
    }
    const check = (): void => {
      if (left[0] !== cut || (up <= (cut?.up ?? Infinity) && down <= (cut?.down ?? Infinity))) return
      left.shift()
      end()
    }
    for (const socket of [near, far]) sockets.add(socket.on('error', end).on('close', end))
    near.on('data', (bytes) => {
      up += bytes.length
      check()
    })
    far.on('data', (bytes) => {
      down += bytes.length
      check()
    })
    near.pipe(far)
    far.pipe(near)
  })
  const port = await listening(server)
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `127.0.0.1:${port}`
}

const folder = mkdtempSync(join(tmpdir(), 'ibuild-test-'))
const running = new Map<string, Promise<Registry>>()
test.after.always('registries and what they kept are gone', async () => {
  for (const registry of running.values()) await (await registry).close()
  rmSync(folder, { recursive: true, force: true })
})

for (const [kind, needs, start] of kinds) {
  const ask = skipFor(test, missing(needs))
  const hostOf = async (): Promise<string> => {
    const registry = running.get(kind) ?? start(mkdtempSync(join(folder, 'registry-')))
    running.set(kind, registry)
    return (await registry).host
  }

  ask(`${kind}: what is pushed comes back, is listed, mounted and deleted`, async (t) => {
    const host = await hostOf()
    const client = clientFor(t)
    const repository = client.repository({ domain: host, path: 'team/app' })
    await client.ping(host)
    t.is(await repository.manifest('v1'), undefined)
    t.is(await repository.pushBlob(layerDescriptor, () => pieces(layer)), 'sent')
    t.is(await repository.pushBlob(layerDescriptor, () => pieces(layer)), 'present')
    t.deepEqual(await repository.pushStream(pieces(config)), { digest: digestOf(config), size: config.length })
    const manifest = manifestOf()
    await repository.putManifest('v1', manifest)
    t.deepEqual(await repository.resolve('v1'), {
      mediaType: manifest.mediaType,
      digest: manifest.digest,
      size: manifest.bytes.length,
    })
    t.deepEqual(Buffer.from((await repository.manifest(manifest.digest))?.bytes ?? []), Buffer.from(manifest.bytes))
    t.true(Buffer.concat(await collected(repository.blob(layerDescriptor))).equals(layer))
    t.deepEqual(await collected(repository.tags()), ['v1'])
    t.true((await collected(client.catalog(host))).includes('team/app'))
    const other = client.repository({ domain: host, path: 'team/other' })
    t.true(await other.mount(layerDescriptor.digest, 'team/app'))
    t.is(
      await other.pushBlob(described(config, 'x/y'), () => pieces(config), { mountFrom: ['team/none', 'team/app'] }),
      'mounted',
    )
    t.false(await other.mount(digestOf('nothing'), 'team/app'))
    t.true(await repository.removeManifest(manifest.digest))
    t.is(await repository.manifest('v1'), undefined)
    t.false(await repository.removeManifest(manifest.digest))
    t.true(await repository.removeBlob(layerDescriptor.digest))
    t.false(await repository.hasBlob(layerDescriptor.digest))
  })

  ask(`${kind}: referrers are found and forgotten`, async (t) => {
    const repository = clientFor(t).repository({ domain: await hostOf(), path: 'refs' })
    await repository.pushBlob(layerDescriptor, () => pieces(layer))
    await repository.pushStream(pieces(config))
    const subject = manifestOf()
    await repository.putManifest('v1', subject)
    const referrer = manifestOf({
      artifactType: 'application/x',
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.bytes.length },
    })
    await repository.putManifest(referrer.digest, referrer)
    const digests = async (artifactType?: string): Promise<string[]> =>
      (await collected(repository.referrers(subject.digest, { artifactType }))).map(({ digest }) => digest)
    t.deepEqual(await digests(), [referrer.digest])
    t.deepEqual(await digests('application/x'), [referrer.digest])
    t.deepEqual(await digests('application/y'), [])
    await repository.removeManifest(referrer.digest)
    t.deepEqual(await digests(), [])
  })

  ask(`${kind}: a push whose connections are cut gets through`, async (t) => {
    const host = await cutting(t, await hostOf(), [{ up: 1_000_000 }, { up: 500_000 }])
    const repository = clientFor(t).repository({ domain: host, path: 'cut/push' })
    t.is(await repository.pushBlob(layerDescriptor, () => pieces(layer)), 'sent')
    t.true(Buffer.concat(await collected(repository.blob(layerDescriptor))).equals(layer))
  })

  ask(`${kind}: a pull whose connections are cut gets through`, async (t) => {
    const real = await hostOf()
    await clientFor(t)
      .repository({ domain: real, path: 'cut/pull' })
      .pushBlob(layerDescriptor, () => pieces(layer))
    const host = await cutting(t, real, [{ down: 1_000_000 }, { down: 500_000 }])
    const repository = clientFor(t).repository({ domain: host, path: 'cut/pull' })
    t.true(Buffer.concat(await collected(repository.blob(layerDescriptor))).equals(layer))
  })
}
