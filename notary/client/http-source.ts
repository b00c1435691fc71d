import { gunzipSync } from 'node:zlib'
import { IbuildError } from '../../shared/base/errors.ts'
import { readBody } from '../../shared/net/http/read-body.ts'
import { type HttpAnswer, headerOf } from '../../shared/net/http/types.ts'
import type { FetchLimits, MetadataSource } from '../verifier/types.ts'
import { trustErrors } from './trust-errors.ts'
import type { TrustServer } from './trust-server.ts'

/** Bytes by which what does not compress grows at most, for files of usual sizes. */
const zipOverhead = 16 * 1024

/** The files of metadata that a trust server has. */
export function httpSource(server: TrustServer): MetadataSource {
  return {
    fetch: async (gun, name, { most, signal }) => {
      const what = `cannot read the trusted collection ${gun}`
      const answer = await server.send({
        method: 'GET',
        gun,
        path: `_trust/tuf/${name}`,
        actions: ['pull'],
        what,
        headers: { 'accept-encoding': 'gzip' },
        expect: [200, 404],
        signal,
      })
      if (answer.status === 200) return readFile(answer, { most, signal }, `${what}: ${name}`)
      await answer.body.discard()
      return undefined
    },
  }
}

/** The body, uncompressed; both forms have at most so many bytes. Errors: TRUST_TOO_LARGE, TRUST_UNREACHABLE. */
async function readFile(answer: HttpAnswer, { most }: FetchLimits, what: string): Promise<Buffer> {
  const coding = headerOf(answer, 'content-encoding')?.trim().toLowerCase() ?? 'identity'
  const bytes = await readBody(answer, coding === 'identity' ? most : most + zipOverhead).catch((error: unknown) => {
    throw trustErrors.failure(error, what)
  })
  if (coding === 'identity') return bytes
  if (coding === 'gzip' || coding === 'x-gzip') return unzip(bytes, most, what)
  throw trustErrors.invalid(
    what,
    `the answer is coded as ${JSON.stringify(coding.slice(0, 40))}, which was not asked for`,
  )
}

function unzip(bytes: Buffer, most: number, what: string): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: Math.max(1, most) })
  } catch (cause) {
    const isLong = cause instanceof RangeError
    if (isLong) throw new IbuildError('TRUST_TOO_LARGE', `${what}: it unpacks to more than ${most} bytes`, { cause })
    throw new IbuildError('TRUST_UNREACHABLE', `${what}: the answer is damaged`, { cause })
  }
}
