import type { OutgoingHttpHeaders } from 'node:http'
import type { Digest } from '../../../shared/base/digest.ts'
import { RegistryError } from '../../protocol/error.ts'
import type { RepositoryName } from '../../protocol/names.ts'
import { type ByteRange, parseChunkRange, uploadRange } from '../../protocol/range.ts'
import type { UploadBody, UploadState } from '../../service/types.ts'
import type { Grant } from '../authorize.ts'
import { bodyOf } from '../body.ts'
import type { HttpLimits } from '../limits.ts'
import { emptyReply, type Reply } from '../reply.ts'
import type { RegistryRequest } from '../request.ts'

/**
 * Where an upload goes on, and how far it is. The location is relative, so that it is right behind any proxy, and has no
 * query, because clients put `?digest=` behind it. `Range` cannot tell none from one byte; `X-Upload-Offset` does.
 */
export function sessionHeaders(
  name: RepositoryName,
  { id, offset }: UploadState,
  { sealUpload }: Pick<Grant, 'sealUpload'>,
): Record<string, string> {
  return {
    Location: `/v2/${name}/blobs/uploads/${sealUpload === undefined ? id : sealUpload(name, id)}`,
    Range: uploadRange(offset),
    'Docker-Upload-UUID': id,
    'X-Upload-Offset': String(offset),
  }
}

/** The answer to what made a blob one of the repository. */
export function blobCreated(name: RepositoryName, digest: Digest): Reply {
  const headers: OutgoingHttpHeaders = { Location: `/v2/${name}/blobs/${digest}`, 'Docker-Content-Digest': digest }
  return emptyReply(201, headers)
}

/** The body of a request as a part of an upload; undefined when it has none. Errors: RANGE_INVALID for a bad Content-Range. */
export function uploadBody(request: RegistryRequest, limits: HttpLimits): UploadBody | undefined {
  if (!request.hasBody) return undefined
  return { bytes: bodyOf(request, limits), range: chunkRange(request.headers['content-range']), length: request.length }
}

function chunkRange(header: string | undefined): ByteRange | undefined {
  if (header === undefined) return undefined
  const range = parseChunkRange(header)
  if (range === undefined) throw new RegistryError('RANGE_INVALID', 'Content-Range must be START-END')
  return range
}
