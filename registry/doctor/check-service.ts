import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { digestOf } from '../../shared/base/digest.ts'
import { isIbuildError } from '../../shared/base/errors.ts'
import { onePiece } from '../../shared/base/one-piece.ts'
import type { Descriptor } from '../../shared/oci/descriptor.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import type { RegistryClient, RemoteManifest, RemoteRepository } from '../client/types.ts'
import type { UploadInfo } from '../server/admin/types.ts'
import { type Check, checked } from './types.ts'

export interface ServiceOptions {
  readonly client: RegistryClient
  /** Host with optional port. */
  readonly domain: string
  /** A repository that is not there, for this alone. */
  readonly path: string
  /** Uploads as the server sees them, where it can be asked. */
  readonly uploads?: (() => Promise<readonly UploadInfo[]>) | undefined
  /** Milliseconds in which the first half of a body is expected at the server. */
  readonly patience?: number
}

const piece = 256 * 1024
/** More than proxies hold without being told to. */
const pieces = 32

/**
 * Pushes an image of some MiB and pulls it again, as a client from elsewhere does, then removes it. The layer is sent in one
 * PATCH without a length: that is what proxies in front refuse or hold back.
 */
export async function checkService(options: ServiceOptions): Promise<readonly Check[]> {
  const { client, domain, path } = options
  const repository = client.repository({ domain, path })
  const reached = await checked('login', async () => {
    await client.ping(domain)
    await repository.checkPush().catch(unlessDenied)
    return { status: 'ok', message: `${domain} lets us in` }
  })
  if (reached.status === 'fail') return [reached]
  const pushed: Pushed = { blobs: [], manifest: undefined }
  const body = await checkBody(repository, options, pushed)
  const rest = body[0]?.status === 'fail' ? [] : await pushAndPull(repository, pushed)
  return [reached, ...body, ...rest, await checkRemoval(repository, pushed)]
}

/** A registry may let in whoever did not log in; what else is wrong is found where it is tried. */
function unlessDenied(error: unknown): void {
  if (isIbuildError(error, 'REGISTRY_DENIED')) throw error
}

interface Pushed {
  readonly blobs: Descriptor[]
  manifest: RemoteManifest | undefined
}

async function checkBody(repository: RemoteRepository, options: ServiceOptions, pushed: Pushed): Promise<Check[]> {
  let isSeen: boolean | undefined
  const bytes = randomBytes(piece)
  async function* content(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < pieces; i++) {
      if (i === pieces / 2) isSeen = await isArriving(options)
      yield bytes
    }
  }
  const size = `${(piece * pieces) / 2 ** 20} MiB`
  const sent = await checked('request body', async () => {
    const { digest, size: length } = await repository.pushStream(content())
    pushed.blobs.push({ mediaType: mediaTypes.ociLayer, digest, size: length })
    return { status: 'ok', message: `${size} in one PATCH` }
  })
  if (sent.status === 'fail') return [{ ...sent, mend: sent.mend ?? bodyAdvice }]
  return [sent, bufferingOf(isSeen)]
}

const bodyAdvice =
  'A proxy in front must pass bodies of any size: client_max_body_size 0 in nginx, no limit of the body in others.'

function bufferingOf(isSeen: boolean | undefined): Check {
  const name = 'buffering'
  if (isSeen === undefined) {
    return { name, status: 'skip', message: 'only on the machine of the server it can be seen when bytes arrive' }
  }
  if (isSeen) return { name, status: 'ok', message: 'bytes arrive while they are sent' }
  const mend = 'Let the proxy in front pass bodies on as they come: proxy_request_buffering off in nginx.'
  return {
    name,
    status: 'warn',
    message: 'nothing arrived of a body that was half sent: something in front holds it back',
    mend,
  }
}

/** Undefined where the server cannot be asked, or knows of no such upload, as another one. */
async function isArriving({ uploads, path, patience = 3000 }: ServiceOptions): Promise<boolean | undefined> {
  if (uploads === undefined) return undefined
  for (const end = performance.now() + patience; ; await sleep(50)) {
    const own = (await uploads()).find(({ repository }) => repository === path)
    if (own !== undefined && own.bytes > 0) return true
    if (performance.now() > end) return own === undefined ? undefined : false
  }
}

async function pushAndPull(repository: RemoteRepository, pushed: Pushed): Promise<Check[]> {
  const push = await checked('push', async () => {
    const config = Buffer.from(
      JSON.stringify({ architecture: 'none', os: 'none', rootfs: { type: 'layers', diff_ids: [] } }),
    )
    const descriptor = { mediaType: mediaTypes.ociConfig, digest: digestOf(config), size: config.length }
    await repository.pushBlob(descriptor, () => onePiece(config))
    pushed.blobs.push(descriptor)
    const manifest = manifestOf(descriptor, pushed.blobs.slice(0, 1))
    await repository.putManifest(manifest.digest, manifest) // a tag would leave its history
    pushed.manifest = manifest
    return { status: 'ok', message: `${repository.name.path}@${manifest.digest}` }
  })
  if (push.status === 'fail') return [push]
  const pull = await checked('pull', async () => {
    const found = await repository.manifest(pushed.manifest?.digest ?? '', { current: true })
    if (found === undefined) throw new Error('the manifest that was pushed is not there')
    let count = 0
    for (const blob of pushed.blobs) for await (const bytes of repository.blob(blob)) count += bytes.length
    return { status: 'ok', message: `${count} bytes, as they were pushed` }
  })
  return [push, pull]
}

function manifestOf(config: Descriptor, layers: readonly Descriptor[]): RemoteManifest {
  const mediaType = mediaTypes.ociManifest
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers }))
  return { mediaType, digest: digestOf(bytes), bytes }
}

/** What was not pushed need not be removed; what cannot be is named. */
async function checkRemoval(repository: RemoteRepository, { manifest, blobs }: Pushed): Promise<Check> {
  const removal = await checked('removal', async () => {
    if (manifest !== undefined) await repository.removeManifest(manifest.digest)
    for (const { digest } of blobs) await repository.removeBlob(digest)
    return { status: 'ok', message: 'all of it is gone' }
  })
  if (removal.status === 'ok') return removal
  const mend = `Remove the repository ${repository.name.path} later; delete.enabled or the rules do not allow it now.`
  return { ...removal, status: 'warn', mend }
}
