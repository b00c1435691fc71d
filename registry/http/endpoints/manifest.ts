import type { Digest } from '../../../shared/base/digest.ts'
import { accepts } from '../../protocol/accept.ts'
import { RegistryError } from '../../protocol/error.ts'
import { mostManifestBytes } from '../../protocol/manifest.ts'
import { type ManifestRef, parseManifestRef, parseTag, type RepositoryName } from '../../protocol/names.ts'
import { type Precondition, parsePrecondition } from '../../protocol/precondition.ts'
import type { StoredManifest } from '../../service/stored-manifest.ts'
import type { Condition } from '../../service/tag-condition.ts'
import { type EndpointContext, type Methods, needs, type Prepare } from '../endpoint.ts'
import { etagOf, isNoneMatch } from '../etag.ts'
import { withLease } from '../lease-for.ts'
import { throughGate } from '../pull-gate.ts'
import { contentHeaders, emptyReply, type Reply } from '../reply.ts'
import type { RegistryRequest } from '../request.ts'
import type { Pull } from '../requested-by.ts'
import { withWholeBody } from '../whole-body.ts'

/** `/v2/NAME/manifests/REFERENCE` (OCI distribution-spec, end-3, end-7, end-9). */
export const manifestMethods: Methods<'manifest'> = {
  GET: (request, route) => {
    const { name, wish } = needs(route.name, 'pull')
    const ref = parseManifestRef(route.reference)
    return {
      wish,
      run: (context) =>
        getManifest({ request, name, ref, context }, () => findManifest(request, { name, ref }, context)),
    }
  },
  PUT: preparePut(),
  DELETE: (request, route) => {
    const { name, wish } = needs(route.name, 'delete')
    const ref = parseManifestRef(route.reference)
    const precondition = parsePrecondition(request.headers)
    return {
      wish,
      run: async ({ service, grant, by }) => {
        await service.manifests.remove(name, ref, { by, condition: conditionOf(precondition, grant.mayPull(name)) })
        return emptyReply(202)
      },
    }
  },
}

interface Wanted {
  readonly name: RepositoryName
  readonly ref: ManifestRef
}

/** A client that pushes and asks with HEAD leaves away what is there: what it is told of stays for a while. */
function findManifest(
  { method }: RegistryRequest,
  { name, ref }: Wanted,
  context: EndpointContext,
): StoredManifest | Promise<StoredManifest> {
  const { manifests } = context.service
  const find = (): StoredManifest | Promise<StoredManifest> => manifests.peek(name, ref) ?? manifests.get(name, ref)
  if (method !== 'HEAD') return find()
  if ('digest' in ref) return withLease(context, { name, digest: ref.digest }, find)
  const found = find()
  const lease = (manifest: StoredManifest): StoredManifest | Promise<StoredManifest> =>
    withLease(context, { name, digest: manifest.digest }, (hasWaited) => (hasWaited ? find() : manifest))
  return found instanceof Promise ? found.then(lease) : lease(found)
}

/** What the client wants to be there before its change; who may not pull is not told what is. */
function conditionOf(precondition: Precondition | undefined, mayTell: boolean): Condition | undefined {
  return precondition && { ...precondition, mayTell }
}

interface AskedManifest {
  readonly request: RegistryRequest
  readonly name: RepositoryName
  readonly ref: ManifestRef
  readonly context: EndpointContext
}

function getManifest(
  asked: AskedManifest,
  find: () => StoredManifest | Promise<StoredManifest>,
): Reply | Promise<Reply> {
  const found = find()
  if (!(found instanceof Promise)) return gatedReply(asked, found)
  const told = asked.request.method === 'HEAD' ? found.catch(unknownIfDamaged) : found
  return told.then((manifest) => gatedReply(asked, manifest))
}

function gatedReply(asked: AskedManifest, manifest: StoredManifest): Reply | Promise<Reply> {
  const { context, name, ref } = asked
  if (context.gate === undefined) return manifestReply(asked, manifest)
  const tag = 'tag' in ref ? ref.tag : undefined
  return throughGate(context, { kind: 'manifest', name, tag, ...manifest }, () => manifestReply(asked, manifest))
}

/** A client that asks whether a manifest is there and is told of an error gives up; told that it is not it pushes it: and that mends it. */
function unknownIfDamaged(error: unknown): never {
  if (!(error instanceof RegistryError && error.code === 'UNKNOWN')) throw error
  throw new RegistryError('MANIFEST_UNKNOWN', error.message, { cause: error })
}

function manifestReply(asked: AskedManifest, manifest: StoredManifest): Reply {
  const { headers, method } = asked.request
  const { digest, mediaType, bytes } = manifest
  const { accept } = headers
  if (accept !== undefined && !accepts([accept], mediaType)) throw notAccepted(mediaType)
  notePull(asked, digest)
  const validators = { 'Docker-Content-Digest': digest, ETag: etagOf(digest), Vary: 'Accept' }
  if (isNoneMatch(headers['if-none-match'], digest)) return emptyReply(304, validators)
  return {
    status: 200,
    headers: { 'Content-Type': mediaType, ...validators, ...contentHeaders },
    ...(method === 'HEAD' ? { body: { length: bytes.byteLength } } : { body: bytes, pull: pullOf(asked, manifest) }),
  }
}

/**
 * A manifest is pulled by a GET, and by a HEAD of a tag: some that have all of it already ask no more than where the tag leads. Of those who
 * push a HEAD is a look at what is there, and so is one of a digest of anybody.
 */
function notePull({ request, name, ref, context: { service, grant } }: AskedManifest, digest: Digest): void {
  const isLook = request.method === 'HEAD' && ('digest' in ref || grant.mayPush?.(name) === true)
  if (!isLook) service.pulled(name, digest)
}

function pullOf({ name, ref, context: { by } }: AskedManifest, { digest, mediaType, bytes }: StoredManifest): Pull {
  const tag = 'tag' in ref ? ref.tag : undefined
  return {
    occurrence: { action: 'pull', kind: 'manifest', name, digest, mediaType, size: bytes.byteLength, tag, bytes },
    by,
  }
}

function notAccepted(mediaType: string): RegistryError {
  return new RegistryError(
    'MANIFEST_UNKNOWN',
    `the manifest is of type ${mediaType}, which the request does not accept`,
    {
      detail: { mediaType },
      headers: { Vary: 'Accept' },
    },
  )
}

function preparePut(): Prepare<'manifest'> {
  return (request, route) => {
    const { name, wish } = needs(route.name, 'push')
    const ref = parseManifestRef(route.reference)
    const tags = request.query.getAll('tag')
    const precondition = parsePrecondition(request.headers)
    return { wish, run: (context) => putManifest({ request, name, ref, tags, precondition }, context) }
  }
}

interface ManifestPut {
  readonly request: RegistryRequest
  readonly name: RepositoryName
  readonly ref: ManifestRef
  readonly tags: readonly string[]
  /** About what `ref` names, whichever tags there are beside it. */
  readonly precondition: Precondition | undefined
}

async function putManifest(
  { request, name, ref, tags, precondition }: ManifestPut,
  { service, grant, limits, bodies: memory, by }: EndpointContext,
): Promise<Reply> {
  const wanted = [...new Set(tags.map(parseTag))]
  const contentType = request.headers['content-type']
  const condition = conditionOf(precondition, grant.mayPull(name))
  const { digest, subject } = await withWholeBody(
    request,
    { ...limits, most: mostManifestBytes, tooLarge, memory },
    (bytes) => service.manifests.put(name, ref, { bytes, contentType, tags: wanted, by, condition }),
  )
  return emptyReply(201, {
    Location: `/v2/${name}/manifests/${digest}`,
    'Docker-Content-Digest': digest,
    ETag: etagOf(digest),
    ...(subject !== undefined && { 'OCI-Subject': subject }),
    ...(wanted.length > 0 && { 'OCI-Tag': wanted.join(', ') }),
  })
}

function tooLarge(): RegistryError {
  return new RegistryError('MANIFEST_INVALID', `the manifest has more than ${mostManifestBytes} bytes`, { status: 413 })
}
