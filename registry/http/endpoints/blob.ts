import type { Digest } from '../../../shared/base/digest.ts'
import { RegistryError } from '../../protocol/error.ts'
import { parseDigestParameter, type RepositoryName } from '../../protocol/names.ts'
import { type ByteRange, contentRange, parseRange } from '../../protocol/range.ts'
import type { Requester } from '../../service/occurrence.ts'
import type { BlobService } from '../../service/types.ts'
import type { BlobReader } from '../../storage/blob-types.ts'
import { type Methods, needs } from '../endpoint.ts'
import { etagOf, isNoneMatch, isRangeWanted } from '../etag.ts'
import { withLease } from '../lease-for.ts'
import { throughGate } from '../pull-gate.ts'
import { contentHeaders, emptyReply, type Reply } from '../reply.ts'
import type { RegistryRequest } from '../request.ts'
import type { Pull } from '../requested-by.ts'

/** `/v2/NAME/blobs/DIGEST` (OCI distribution-spec, end-2, end-10). */
export const blobMethods: Methods<'blob'> = {
  GET: (request, route) => {
    const { name, wish } = needs(route.name, 'pull')
    const digest = parseDigestParameter(route.digest)
    const asked = { request, name, digest }
    return {
      wish,
      run: (context) => {
        const get = (): Reply | Promise<Reply> =>
          throughGate(context, { kind: 'blob', name, digest }, () =>
            getBlob({ ...asked, by: context.by }, context.service.blobs),
          )
        return request.method === 'HEAD' ? withLease(context, asked, get) : get()
      },
    }
  },
  DELETE: (_request, route) => {
    const { name, wish } = needs(route.name, 'delete')
    const digest = parseDigestParameter(route.digest)
    return {
      wish,
      run: async ({ service, by }) => {
        await service.blobs.remove(name, digest, by)
        return emptyReply(202)
      },
    }
  },
}

interface AskedBlob {
  readonly request: RegistryRequest
  readonly name: RepositoryName
  readonly digest: Digest
  readonly by: Requester
}

function getBlob(asked: AskedBlob, blobs: BlobService): Reply | Promise<Reply> {
  const { request, name, digest } = asked
  const bytes = blobs.peek(name, digest)
  if (bytes !== undefined) return bytesReply(asked, bytes)
  return request.method === 'HEAD' || isNoneMatch(request.headers['if-none-match'], digest)
    ? headReply(asked, blobs)
    : openReply(asked, blobs)
}

/** A range is for GET alone (RFC 9110, 14.2). */
function rangeOf({ request, digest }: AskedBlob, size: number): ByteRange | undefined {
  const { range: header, 'if-range': ifRange } = request.headers
  if (header === undefined || request.method === 'HEAD' || !isRangeWanted(ifRange, digest)) return undefined
  const range = parseRange(header, size)
  if (range !== 'unsatisfiable') return range
  throw new RegistryError('RANGE_INVALID', `the blob has ${size} bytes, and none in the range asked for`, {
    headers: { 'Content-Range': contentRange(range, size) },
  })
}

function bytesReply(asked: AskedBlob, bytes: Uint8Array): Reply {
  const { request, digest } = asked
  if (isNoneMatch(request.headers['if-none-match'], digest)) return notModified(digest)
  const range = rangeOf(asked, bytes.byteLength)
  const part = range === undefined ? bytes : bytes.subarray(range.start, range.end + 1)
  return {
    ...partReply(digest, bytes.byteLength, range),
    ...(request.method === 'HEAD'
      ? { body: { length: part.byteLength } }
      : { body: part, pull: pullOf(asked, bytes.byteLength) }),
  }
}

function pullOf({ name, digest, by }: AskedBlob, size: number): Pull {
  return { occurrence: { action: 'pull', kind: 'blob', name, digest, size }, by }
}

async function headReply({ request, name, digest }: AskedBlob, blobs: BlobService): Promise<Reply> {
  const size = await blobs.size(name, digest)
  if (isNoneMatch(request.headers['if-none-match'], digest)) return notModified(digest)
  return { ...partReply(digest, size, undefined), body: { length: size } }
}

async function openReply(asked: AskedBlob, blobs: BlobService): Promise<Reply> {
  const reader = await blobs.open(asked.name, asked.digest)
  try {
    return readerReply(asked, reader, () => blobs.reportCorrupt(asked.name, asked.digest))
  } catch (error) {
    await reader.close()
    throw error
  }
}

function readerReply(asked: AskedBlob, reader: BlobReader, onUnreadable: () => Promise<void>): Reply {
  const range = rangeOf(asked, reader.size)
  const { start, end } = range ?? { start: 0, end: reader.size - 1 }
  return {
    ...partReply(asked.digest, reader.size, range),
    body: { reader, start, length: end + 1 - start, onUnreadable },
    pull: pullOf(asked, reader.size),
  }
}

function partReply(digest: Digest, size: number, range: ByteRange | undefined): Reply {
  return {
    status: range === undefined ? 200 : 206,
    headers: {
      'Content-Type': 'application/octet-stream',
      'Docker-Content-Digest': digest,
      'Accept-Ranges': 'bytes',
      ETag: etagOf(digest),
      'Cache-Control': 'max-age=31536000, immutable',
      ...(range !== undefined && { 'Content-Range': contentRange(range, size) }),
      ...contentHeaders,
    },
  }
}

function notModified(digest: Digest): Reply {
  return emptyReply(304, {
    'Docker-Content-Digest': digest,
    ETag: etagOf(digest),
    'Cache-Control': 'max-age=31536000, immutable',
  })
}
