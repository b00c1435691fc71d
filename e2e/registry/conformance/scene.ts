import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type Digest, type DigestAlgorithm, digestOf } from '../../../shared/base/digest.ts'
import type { Descriptor } from '../../../shared/oci/descriptor.ts'
import { mediaTypes } from '../../../shared/oci/media-types.ts'
import type { Answer, Message, Wire } from './wire.ts'

/** Everything that a registry of these tests may have to serve. */
export const manifestAccept = [
  mediaTypes.ociManifest,
  mediaTypes.ociIndex,
  mediaTypes.dockerManifest,
  mediaTypes.dockerIndex,
]

export interface Pushed {
  readonly digest: Digest
  readonly bytes: Buffer
}

export interface PushedManifest extends Pushed {
  readonly mediaType: string
  readonly answer: Answer
}

/** A place of its own for one check: a repository that nobody else uses, and the requests that most checks need. */
export class Scene {
  readonly wire: Wire
  readonly algorithm: DigestAlgorithm
  /** Name of the repository; nothing is in it. */
  readonly name: string

  constructor(wire: Wire, algorithm: DigestAlgorithm, name: string) {
    this.wire = wire
    this.algorithm = algorithm
    this.name = name
  }

  /** The same in another repository that nobody else uses. */
  other(suffix = 'other'): Scene {
    return this.named(`${this.name}-${suffix}`)
  }

  /** The same in the repository of this name. */
  named(name: string): Scene {
    return new Scene(this.wire, this.algorithm, name)
  }

  async ask(method: string, path: string, message?: Message): Promise<Answer> {
    return this.wire.ask(method, path, message)
  }

  /** `path` is below the repository. */
  async askHere(method: string, path: string, message?: Message): Promise<Answer> {
    return this.wire.ask(method, `/v2/${this.name}/${path}`, message)
  }

  digest(bytes: Uint8Array | string): Digest {
    return digestOf(bytes, this.algorithm)
  }

  /** Starts an upload; its location. */
  async start(query = ''): Promise<string> {
    const answer = await this.askHere('POST', `blobs/uploads/${query}`)
    assertStatus(answer, 202)
    return locationOf(answer)
  }

  /** POST and PUT. The bytes are new ones when none are given. */
  async pushBlob(bytes: Uint8Array | string = randomBytes(64)): Promise<Pushed> {
    const content = Buffer.from(bytes)
    const digest = this.digest(content)
    const answer = await this.ask('PUT', withQuery(await this.start(), { digest }), { headers: octets, body: content })
    assertStatus(answer, 201)
    return { digest, bytes: content }
  }

  /** A descriptor of a blob that is pushed. */
  async blobDescriptor(mediaType: string, bytes?: Uint8Array | string): Promise<Descriptor> {
    const { digest, bytes: content } = await this.pushBlob(bytes)
    return { mediaType, digest, size: content.byteLength }
  }

  /** An image of this config and one layer, with more fields or others; its blobs are pushed, it is not. */
  async image(fields: Readonly<Record<string, unknown>> = {}): Promise<Record<string, unknown>> {
    const config = await this.blobDescriptor(
      mediaTypes.ociConfig,
      `{"architecture":"amd64","os":"linux","id":"${this.name}"}`,
    )
    const layer = await this.blobDescriptor(mediaTypes.ociLayerGzip)
    return { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [layer], ...fields }
  }

  /** Pushes a document by its digest, or by the reference given. */
  async putManifest(document: Readonly<Record<string, unknown>> | Buffer, ref?: string): Promise<PushedManifest> {
    const bytes = Buffer.isBuffer(document) ? document : Buffer.from(JSON.stringify(document))
    const { mediaType } = JSON.parse(bytes.toString()) as { mediaType: string }
    const digest = this.digest(bytes)
    const answer = await this.askHere('PUT', `manifests/${ref ?? digest}`, {
      headers: { 'Content-Type': mediaType },
      body: bytes,
    })
    return { digest, bytes, mediaType, answer }
  }

  /** As {@link putManifest}; an error unless the registry took it. */
  async pushManifest(document: Readonly<Record<string, unknown>> | Buffer, ref?: string): Promise<PushedManifest> {
    const pushed = await this.putManifest(document, ref)
    assertStatus(pushed.answer, 201)
    return pushed
  }

  /** Pushes an image; by its digest unless a tag is given. */
  async pushImage(fields: Readonly<Record<string, unknown>> = {}, ref?: string): Promise<PushedManifest> {
    return this.pushManifest(await this.image(fields), ref)
  }

  async getManifest(ref: string, method = 'GET'): Promise<Answer> {
    return this.askHere(method, `manifests/${ref}`, { headers: { Accept: manifestAccept } })
  }
}

export const octets = { 'Content-Type': 'application/octet-stream' }

export function descriptorOf({ digest, bytes, mediaType }: PushedManifest): Descriptor {
  return { mediaType, digest, size: bytes.byteLength }
}

/** The Location of an answer, without which it is an error. */
export function locationOf(answer: Answer): string {
  const location = answer.header('location')
  assert.ok(location !== undefined && location !== '', `${answer.to}: no Location`)
  return location
}

/** A location with more parameters; those that it has stay. */
export function withQuery(location: string, query: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams(query).toString().replaceAll('%3A', ':')
  return `${location}${location.includes('?') ? '&' : '?'}${text}`
}

export function assertStatus(answer: Answer, ...wanted: readonly number[]): void {
  const text = answer.body.byteLength > 400 ? `${answer.body.byteLength} bytes` : answer.body.toString()
  assert.ok(wanted.includes(answer.status), `${answer.to}: ${answer.status}, not ${wanted.join(' or ')}: ${text}`)
}

/** An answer with nothing in its body and a Content-Length that says so, or none where a status has none. */
export function assertEmpty(answer: Answer): void {
  assert.equal(answer.body.byteLength, 0, `${answer.to}: the body is not empty: ${answer.body.toString().slice(0, 80)}`)
  if (answer.status !== 204) assert.equal(answer.header('content-length'), '0', `${answer.to}: Content-Length`)
}

export function assertHeader(answer: Answer, name: string, wanted: string | RegExp): void {
  const value = answer.header(name)
  const ok = typeof wanted === 'string' ? value === wanted : value !== undefined && wanted.test(value)
  assert.ok(ok, `${answer.to}: ${name} is ${JSON.stringify(value)}, not ${String(wanted)}`)
}

/** A failure with a body as the specification has it, and a code that is one of those given, if any are. */
export function assertError(answer: Answer, statuses: readonly number[], codes: readonly string[] = []): void {
  assertStatus(answer, ...statuses)
  assertHeader(answer, 'content-type', /^application\/json\b/)
  const { errors } = JSON.parse(answer.body.toString()) as { errors: { code: string; message: string }[] }
  assert.ok(Array.isArray(errors) && errors.length > 0, `${answer.to}: no errors in ${answer.body.toString()}`)
  for (const { code, message } of errors) {
    assert.match(code, /^[A-Z_]+$/, answer.to)
    assert.equal(typeof message, 'string', answer.to)
  }
  if (codes.length > 0)
    assert.ok(codes.includes(errors[0]?.code ?? ''), `${answer.to}: ${errors[0]?.code}, not ${codes.join(' or ')}`)
}

/** The body as JSON of the type that the caller says. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a cast with a name
export function json<T>(answer: Answer): T {
  return JSON.parse(answer.body.toString()) as T
}
