import type { Digest } from '../../../shared/base/digest.ts'
import { RegistryError } from '../../protocol/error.ts'
import { parseDigestParameter, type RepositoryName } from '../../protocol/names.ts'
import type { UploadService } from '../../service/types.ts'
import type { Grant } from '../authorize.ts'
import { type Methods, needs, type Prepare, type Task } from '../endpoint.ts'
import { emptyReply, type Reply } from '../reply.ts'
import { blobCreated, sessionHeaders, uploadBody } from './upload-replies.ts'

/** `/v2/NAME/blobs/uploads/SESSION` (OCI distribution-spec, end-5, end-6, end-13, end-14). */
export const uploadMethods: Methods<'upload'> = {
  GET: prepare(({ name, session }) => async ({ service, grant }) => {
    const state = await service.uploads.state(name, session)
    return emptyReply(204, sessionHeaders(name, state, grant))
  }),
  PATCH: prepare(({ name, session, request }) => ({ service: { uploads }, limits, grant }) => {
    const append = async (): Promise<Reply> => {
      const body = uploadBody(request, limits) ?? { bytes: nothing(), length: 0 }
      return emptyReply(202, sessionHeaders(name, await uploads.append(name, session, body), grant))
    }
    return tellingOffset({ name, session, uploads, grant }, append)
  }),
  PUT: prepare(({ name, session, request }) => {
    const digest = digestIn(request.query)
    return ({ service: { uploads }, limits, grant, by }) =>
      tellingOffset({ name, session, uploads, grant }, async () => {
        await uploads.finish(name, session, { digest, body: uploadBody(request, limits), by })
        return blobCreated(name, digest)
      })
  }),
  DELETE: prepare(({ name, session }) => async ({ service }) => {
    await service.uploads.cancel(name, session)
    return emptyReply(204)
  }),
}

interface AskedUpload {
  readonly name: RepositoryName
  readonly session: string
  readonly request: Parameters<Prepare<'upload'>>[0]
}

/** Who may push may also ask for an upload and end it. */
function prepare(run: (asked: AskedUpload) => Task['run']): Prepare<'upload'> {
  return (request, route) => {
    const { name, wish } = needs(route.name, 'push')
    return { wish, run: run({ name, session: route.session, request }) }
  }
}

/** Errors: DIGEST_INVALID. */
function digestIn(query: URLSearchParams): Digest {
  const text = query.get('digest')
  if (text !== null) return parseDigestParameter(text)
  throw new RegistryError(
    'DIGEST_INVALID',
    'an upload is ended with its digest: put ?digest=sha256:HEX behind the address',
  )
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {
  // a chunk without bytes
}

interface Told {
  readonly name: RepositoryName
  readonly session: string
  readonly uploads: UploadService
  readonly grant: Grant
}

/** A part that is out of order is answered with where the upload is; it can go on from there. */
async function tellingOffset<Result>(
  { name, session, uploads, grant }: Told,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code !== 'RANGE_INVALID') throw error
    const headers = sessionHeaders(name, await uploads.state(name, session), grant)
    throw new RegistryError(error.code, error.message, {
      status: error.status,
      detail: error.detail,
      headers,
      cause: error,
    })
  }
}
