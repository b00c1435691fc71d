import { createHash } from 'node:crypto'
import { mediaTypes } from '../../../shared/oci/media-types.ts'

/** What a registry was filled with: everything that can be asked of it. */
export interface PeerContent {
  readonly repositories: readonly string[]
  /** `/v2/...` of manifests, blobs and lists of tags, those that were deleted among them. */
  readonly paths: readonly string[]
}

const accept = Object.values(mediaTypes).join(', ')

function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** Sends a request; the status must be one of those expected. */
async function ask(url: string, init: RequestInit, expected: readonly number[]): Promise<Response> {
  const answer = await fetch(url, init)
  if (expected.includes(answer.status)) return answer
  throw new Error(`${init.method ?? 'GET'} ${url} gave ${answer.status}: ${await answer.text()}`)
}

/** Pushes to one repository, and notes what it has. */
class Pusher {
  readonly paths = new Set<string>()
  readonly #url: string
  readonly #name: string

  constructor(url: string, name: string) {
    this.#url = url
    this.#name = name
    this.paths.add(`/v2/${name}/tags/list`)
  }

  async blob(bytes: Buffer): Promise<object> {
    const digest = digestOf(bytes)
    const location = await this.startUpload()
    const put = new URL(location)
    put.searchParams.set('digest', digest)
    const headers = { 'content-type': 'application/octet-stream' }
    await ask(put.href, { method: 'PUT', body: new Uint8Array(bytes), headers }, [201])
    this.paths.add(`/v2/${this.#name}/blobs/${digest}`)
    return { digest, size: bytes.length }
  }

  async startUpload(): Promise<string> {
    const answer = await ask(`${this.#url}/v2/${this.#name}/blobs/uploads/`, { method: 'POST' }, [202])
    return new URL(answer.headers.get('location') ?? '', this.#url).href
  }

  async mount(digest: string, from: string): Promise<void> {
    const query = new URLSearchParams({ mount: digest, from }).toString()
    await ask(`${this.#url}/v2/${this.#name}/blobs/uploads/?${query}`, { method: 'POST' }, [201])
    this.paths.add(`/v2/${this.#name}/blobs/${digest}`)
  }

  /** Without a tag by its digest. */
  async manifest(document: object, type: string, tags: readonly string[] = []): Promise<Pushed> {
    const text = JSON.stringify(document, undefined, 3)
    const digest = digestOf(text)
    for (const reference of tags.length === 0 ? [digest] : tags) {
      const url = `${this.#url}/v2/${this.#name}/manifests/${reference}`
      await ask(url, { method: 'PUT', body: text, headers: { 'content-type': type } }, [201])
      this.paths.add(`/v2/${this.#name}/manifests/${reference}`)
    }
    this.paths.add(`/v2/${this.#name}/manifests/${digest}`)
    return { mediaType: type, digest, size: Buffer.byteLength(text) }
  }

  /** An image of a few blobs made of the text. */
  async image(text: string, tags: readonly string[] = [], isDocker = false, more: object = {}): Promise<Pushed> {
    const config = Buffer.from(
      JSON.stringify({ architecture: 'amd64', os: 'linux', text, rootfs: { type: 'layers', diff_ids: [] } }),
    )
    const layers = [Buffer.from('base of all'), Buffer.from(`layer of ${text}`.repeat(2000))]
    const type = isDocker ? mediaTypes.dockerManifest : mediaTypes.ociManifest
    const document = {
      schemaVersion: 2,
      mediaType: type,
      config: { mediaType: isDocker ? mediaTypes.dockerConfig : mediaTypes.ociConfig, ...(await this.blob(config)) },
      layers: await Promise.all(
        layers.map(async (layer) => ({
          mediaType: isDocker ? mediaTypes.dockerLayerGzip : mediaTypes.ociLayerGzip,
          ...(await this.blob(layer)),
        })),
      ),
      ...more,
    }
    return this.manifest(document, type, tags)
  }

  async remove(reference: string): Promise<boolean> {
    const url = `${this.#url}/v2/${this.#name}/manifests/${reference}`
    return (await ask(url, { method: 'DELETE' }, [202, 400, 404, 405])).status === 202
  }
}

interface Pushed {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

/**
 * Fills a registry of distribution: repositories with slashes, many tags, indexes of both kinds, artifacts with a subject, what
 * was deleted, manifests without a tag, mounted blobs, an upload that nobody ends, content of no manifest.
 */
export async function fillPeer(url: string): Promise<PeerContent> {
  const pushers = new Map<string, Pusher>()
  const into = (name: string): Pusher => {
    const pusher = pushers.get(name) ?? new Pusher(url, name)
    pushers.set(name, pusher)
    return pusher
  }
  const team = into('team/app')
  const children = [await team.image('amd64'), await team.image('arm64')]
  const platforms = ['amd64', 'arm64'].map((architecture) => ({ architecture, os: 'linux' }))
  const manifests = children.map((child, i) => ({ ...child, platform: platforms[i] }))
  const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }
  const multi = await team.manifest(index, mediaTypes.ociIndex, ['multi', 'latest'])
  await team.image('signature of multi', [], false, { subject: multi, annotations: { made: 'by a test' } })
  await team.image('sbom', [], false, { subject: children[0], annotations: { kind: 'sbom' } })
  const old = into('team/old-app')
  const docker = [await old.image('docker 1', ['1'], true), await old.image('docker 2', ['2', 'latest'], true)]
  const list = {
    schemaVersion: 2,
    mediaType: mediaTypes.dockerIndex,
    manifests: docker.map((each, i) => ({ ...each, platform: platforms[i] })),
  }
  await old.manifest(list, mediaTypes.dockerIndex, ['list'])
  const many = into('a/b/c/many')
  for (let i = 0; i < 30; i++) await many.image(`image ${i % 10}`, [`v1.${i}`])
  await many.image('moved', ['v1.0'])
  await many.image('untagged')
  const gone = into('a/b')
  await gone.image('kept', ['kept'])
  const deleted = await gone.image('deleted', ['deleted'])
  await gone.remove(deleted.digest)
  const untagged = await gone.image('tag deleted', ['tag-deleted', 'tag-kept'])
  await gone.remove('tag-deleted')
  void untagged
  const loose = into('a-b')
  const blob = Buffer.from('a blob that no manifest names')
  await loose.blob(blob)
  await loose.image('beside a loose blob', ['1'])
  const mounted = into('zz/mounted')
  await mounted.image('mounts', ['1'])
  await mounted.mount(digestOf(blob), 'a-b')
  const location = await mounted.startUpload()
  await ask(
    location,
    { method: 'PATCH', body: 'never finished', headers: { 'content-type': 'application/octet-stream' } },
    [202],
  )
  const paths = [...pushers.values()].flatMap((pusher) => [...pusher.paths])
  return { repositories: [...pushers.keys()].sort(), paths }
}

/** What a registry answers on each path: status and, when it is there, type, digest and the hash of the bytes. */
export async function answersOf(url: string, { paths }: PeerContent): Promise<Record<string, string>> {
  const answers: Record<string, string> = {}
  for (const path of paths) answers[path] = await answerOf(url, path)
  return answers
}

async function answerOf(url: string, path: string): Promise<string> {
  const answer = await fetch(url + path, { headers: { accept } })
  const body = Buffer.from(await answer.arrayBuffer())
  if (!answer.ok) return String(answer.status)
  if (path.endsWith('/tags/list'))
    return ((JSON.parse(body.toString()) as { tags: string[] | null }).tags ?? []).sort().join()
  const head = await fetch(url + path, { method: 'HEAD', headers: { accept } })
  const facts = (each: Response): string =>
    ['content-type', 'docker-content-digest', 'content-length'].map((name) => each.headers.get(name)).join(' ')
  if (facts(head) !== facts(answer)) throw new Error(`${path}: HEAD tells ${facts(head)}, GET ${facts(answer)}`)
  return `${facts(answer)} ${digestOf(body)}`
}

export async function catalogOf(url: string): Promise<string[]> {
  const answer = (await (await fetch(`${url}/v2/_catalog`)).json()) as { repositories: string[] }
  return answer.repositories.sort()
}
