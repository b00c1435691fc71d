import { createHash, randomBytes } from 'node:crypto'
import { Agent, type IncomingMessage, request } from 'node:http'
import { type Digest, digestFromHash, digestOf } from '../../shared/base/digest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { pullRaw } from './pull-raw.ts'

export interface Blob {
  readonly digest: Digest
  /** Its bytes, in pieces that may be one and the same buffer. */
  readonly pieces: readonly Buffer[]
  readonly size: number
}

const pieceBytes = 1024 * 1024
/** Of all blobs: hundreds are made before a round begins. */
const filler = randomBytes(pieceBytes)

/** A blob that nobody has: a piece of random bytes, again and again after a first one of its own. */
export function makeBlob(size: number): Blob {
  const first = randomBytes(Math.min(size, 64))
  const pieces = [first]
  for (let left = size - first.length; left > 0; left -= pieceBytes)
    pieces.push(filler.subarray(0, Math.min(left, pieceBytes)))
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return { digest: digestFromHash(hash.digest()), pieces, size }
}

/** What a client of a registry asks of it, over connections that are kept; each failure is an error. */
export class RegistryClient {
  readonly #host: string
  readonly #agent: Agent

  constructor(host: string, connections: number) {
    this.#host = host
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections })
  }

  /** POST and PUT, as most clients do. */
  async pushBlob(repository: string, { digest, pieces, size }: Blob): Promise<void> {
    const started = await this.#ask('POST', `/v2/${repository}/blobs/uploads/`, { status: 202 })
    const location = new URL(started.location, `http://${this.#host}`)
    location.searchParams.set('digest', digest)
    await this.#ask('PUT', location.pathname + location.search, { status: 201, pieces, size })
  }

  async putManifest(repository: string, ref: string, bytes: Buffer, mediaType: string): Promise<void> {
    const headers = { 'Content-Type': mediaType }
    await this.#ask('PUT', `/v2/${repository}/manifests/${ref}`, {
      status: 201,
      pieces: [bytes],
      size: bytes.length,
      headers,
    })
  }

  /** Pushes a layer, a config and a manifest; the manifest. */
  async pushImage(repository: string, tag: string, layer: Blob): Promise<Buffer> {
    const text = JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      id: tag,
      config: {},
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    })
    const config = { digest: digestOf(text), pieces: [Buffer.from(text)], size: text.length }
    await this.pushBlob(repository, layer)
    await this.pushBlob(repository, config)
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        config: { mediaType: mediaTypes.ociConfig, digest: config.digest, size: config.size },
        layers: [{ mediaType: mediaTypes.ociLayer, digest: layer.digest, size: layer.size }],
      }),
    )
    await this.putManifest(repository, tag, manifest, mediaTypes.ociManifest)
    return manifest
  }

  /** Pulls the manifest and all blobs; the bytes of layers are counted only. */
  async pullImage(repository: string, tag: string): Promise<void> {
    const { body } = await this.#ask('GET', `/v2/${repository}/manifests/${tag}`, {
      status: 200,
      headers: { Accept: mediaTypes.ociManifest },
    })
    const { config, layers } = JSON.parse(body.toString()) as Manifest
    const path = (digest: string): string => `/v2/${repository}/blobs/${digest}`
    await this.get(path(config.digest))
    for (const { digest, size } of layers) await pullRaw(this.#host, path(digest), size)
  }

  /** The body of an answer with status 200. */
  async get(path: string): Promise<Buffer> {
    return (await this.#ask('GET', path, { status: 200 })).body
  }

  close(): void {
    this.#agent.destroy()
  }

  async #ask(method: string, path: string, asked: Asked): Promise<Answered> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const length = method === 'GET' ? {} : { 'Content-Length': String(asked.size ?? 0) }
    const headers = { ...length, ...asked.headers }
    const outgoing = request(`http://${this.#host}${path}`, { method, agent: this.#agent, headers })
    outgoing.on('error', reject)
    outgoing.on('response', resolve)
    for (const piece of asked.pieces ?? []) if (!outgoing.write(piece)) await drained(outgoing)
    outgoing.end()
    const answer = await answered(await promise)
    if (answer.status !== asked.status)
      throw new Error(`${method} ${path}: ${answer.status} ${answer.body.toString().slice(0, 300)}`)
    return answer
  }
}

interface Manifest {
  readonly config: { readonly digest: string; readonly size: number }
  readonly layers: readonly { readonly digest: string; readonly size: number }[]
}

interface Asked {
  readonly status: number
  readonly pieces?: readonly Buffer[]
  readonly size?: number
  readonly headers?: Readonly<Record<string, string>>
}

interface Answered {
  readonly status: number
  readonly location: string
  readonly body: Buffer
}

/** An upload that is refused is answered before all was sent: then nothing drains any more. */
async function drained(outgoing: NodeJS.EventEmitter): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  for (const event of ['drain', 'response', 'error', 'close']) outgoing.once(event, resolve)
  await promise
  for (const event of ['drain', 'response', 'error', 'close']) outgoing.off(event, resolve)
}

async function answered(incoming: IncomingMessage): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const kept: Buffer[] = []
  incoming.on('data', (piece: Buffer) => kept.push(piece))
  incoming.on('end', resolve)
  incoming.on('error', reject)
  await promise
  const { statusCode = 0, headers } = incoming
  return { status: statusCode, location: headers.location ?? '', body: Buffer.concat(kept) }
}
