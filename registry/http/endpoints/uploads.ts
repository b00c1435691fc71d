import { algorithmOf, type Digest, type DigestAlgorithm, isDigest } from '../../../shared/base/digest.ts'
import { RegistryError } from '../../protocol/error.ts'
import { isName, parseDigestParameter, parseName, type RepositoryName } from '../../protocol/names.ts'
import type { AccessWish } from '../authorize.ts'
import type { EndpointContext, Methods } from '../endpoint.ts'
import { mayMountFrom } from '../pull-gate.ts'
import { emptyReply, type Reply } from '../reply.ts'
import type { RegistryRequest } from '../request.ts'
import { blobCreated, sessionHeaders, uploadBody } from './upload-replies.ts'

/** `/v2/NAME/blobs/uploads/` (OCI distribution-spec, end-4, end-11). */
export const uploadsMethods: Methods<'uploads'> = {
  POST: (request, route) => {
    const start = readStart(request, parseName(route.name))
    return { wish: wishOf(start), run: (context) => startUpload(start, context) }
  },
}

interface Start {
  readonly request: RegistryRequest
  readonly name: RepositoryName
  /** A blob of another repository, or of any when `from` is undefined. */
  readonly mount: { readonly digest: Digest; readonly from: RepositoryName | undefined } | undefined
  /** The body is the whole blob. */
  readonly digest: Digest | undefined
  readonly algorithm: DigestAlgorithm
}

function readStart(request: RegistryRequest, name: RepositoryName): Start {
  const { query } = request
  const digest = query.get('digest')
  return {
    request,
    name,
    mount: readMount(query.get('mount'), query.get('from')),
    digest: digest === null ? undefined : parseDigestParameter(digest),
    algorithm: readAlgorithm(query.get('digest-algorithm')),
  }
}

/** What cannot be mounted is uploaded: a wish that cannot be read is none. */
function readMount(digest: string | null, from: string | null): Start['mount'] {
  if (digest === null || !isDigest(digest)) return undefined
  if (from === null || from === '') return { digest, from: undefined }
  return isName(from) ? { digest, from } : undefined
}

function readAlgorithm(text: string | null): DigestAlgorithm {
  if (text === null || text === 'sha256') return 'sha256'
  if (text === 'sha512') return text
  throw new RegistryError('DIGEST_INVALID', 'digests are made with sha256 or sha512')
}

function wishOf({ name, mount }: Start): AccessWish {
  return {
    required: [{ kind: 'repository', name, actions: ['push'] }],
    optional: mount?.from === undefined ? [] : [mount.from],
  }
}

async function startUpload(start: Start, context: EndpointContext): Promise<Reply> {
  const { name, mount, digest, algorithm } = start
  if (mount !== undefined && (await isMounted(name, mount, context))) return blobCreated(name, mount.digest)
  if (digest !== undefined) return uploadAtOnce({ ...start, digest }, context)
  const state = await context.service.uploads.start(name, { algorithm })
  return emptyReply(202, sessionHeaders(name, state, context.grant))
}

async function isMounted(
  name: RepositoryName,
  { digest, from }: NonNullable<Start['mount']>,
  context: EndpointContext,
): Promise<boolean> {
  const { service, by } = context
  const isVisible = (other: RepositoryName): boolean => mayMountFrom(context, other)
  if (from === undefined) return service.blobs.mount(name, digest, { isVisible, by })
  return isVisible(from) && service.blobs.mount(name, digest, { from, by })
}

/** The whole blob in one request. Nobody knows the session, so nothing of it stays when this fails, where it may be removed. */
async function uploadAtOnce(
  { request, name, digest }: Start & { readonly digest: Digest },
  { service: { uploads }, limits, by }: EndpointContext,
): Promise<Reply> {
  const body = uploadBody(request, limits)
  const { id } = await uploads.start(name, { algorithm: algorithmOf(digest), length: request.length })
  try {
    await uploads.finish(name, id, { digest, body, by })
  } catch (error) {
    await uploads.cancel(name, id).catch(() => undefined) // it may be gone, and its error is not the one to tell
    throw error
  }
  return blobCreated(name, digest)
}
