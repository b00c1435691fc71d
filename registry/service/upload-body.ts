import { RegistryError } from '../protocol/error.ts'
import type { Slabs } from '../storage/intake/slabs.ts'
import { TooManyBytes, takeIn } from '../storage/intake/take-in.ts'
import type { QuotaShare } from './quota.ts'
import type { SpaceGuard } from './space.ts'
import type { UploadBody } from './types.ts'
import type { OpenSession } from './upload-sessions.ts'

export interface ReceiveOptions extends OpenSession {
  readonly slabs: Slabs
  readonly space: SpaceGuard
  /** Throws when no more may be written. */
  readonly guard: () => void
  readonly share: QuotaShare
  /** Bytes that the upload may have. */
  readonly maxSize: number
}

/** Bytes after which a body of unknown length is asked anew whether there is space for more. */
const lookEvery = 64 * 2 ** 20

/**
 * Appends a body. Resolves with the error that there was, if any, because what came before is kept: RANGE_INVALID when it is
 * not the part that it says it is, SIZE_INVALID beyond the most, DENIED beyond the quota, UNAVAILABLE, BLOB_UPLOAD_INVALID when
 * it ends too early, and those of the body, of the guard and of writing.
 */
export async function receiveBody(body: UploadBody, options: ReceiveOptions): Promise<Error | undefined> {
  const { bytes, maxSize, space, share } = options
  const start = bytes.size
  const expected = body.range === undefined ? body.length : body.range.end - body.range.start + 1
  const refusal = refuse(body, { start, maxSize, expected })
  if (refusal !== undefined) return refusal
  try {
    await share.resize(start + (expected ?? 0))
    const promise = await space.promise(expected ?? 0)
    try {
      await receive(body, { ...options, expected, onWritten: (count) => promise.written(count) })
    } finally {
      promise.end()
      share.set(bytes.size)
    }
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
  return undefined
}

interface Expected {
  readonly start: number
  readonly maxSize: number
  /** Bytes of the body, when known. */
  readonly expected: number | undefined
}

function refuse({ range, length }: UploadBody, { start, maxSize, expected }: Expected): RegistryError | undefined {
  if (range !== undefined && range.start !== start) {
    return new RegistryError('RANGE_INVALID', `the next part begins at ${start}`, { detail: { offset: start } })
  }
  if (range !== undefined && length !== undefined && length !== expected) return wrongLength()
  return start + (expected ?? 0) > maxSize ? tooLarge(maxSize) : undefined
}

async function receive(
  { bytes: body, range }: UploadBody,
  options: ReceiveOptions & { readonly expected: number | undefined; readonly onWritten: (bytes: number) => void },
): Promise<void> {
  const { bytes, digest, slabs, space, guard, share, maxSize, expected, onWritten } = options
  const start = bytes.size
  let [told, looked] = [start, start]
  const check = async (): Promise<void> => {
    guard()
    onWritten(bytes.size - told)
    told = bytes.size
    if (expected === undefined) await share.resize(bytes.size)
    if (bytes.size - looked < lookEvery) return
    looked = bytes.size
    await space.check(0)
  }
  const room = maxSize - start
  try {
    await takeIn(body, { upload: bytes, digest, slabs, limit: Math.min(expected ?? room, room), check })
  } catch (error) {
    if (!(error instanceof TooManyBytes)) throw error
    throw expected === undefined ? tooLarge(maxSize) : wrongLength(range === undefined)
  }
  if (expected !== undefined && bytes.size - start < expected) throw wrongLength(range === undefined)
}

/** Without a range it is the connection that broke off, in whatever way. */
function wrongLength(isBody = false): RegistryError {
  return isBody
    ? new RegistryError('BLOB_UPLOAD_INVALID', 'the body has another length than Content-Length says')
    : new RegistryError('RANGE_INVALID', 'the body has another length than Content-Range says')
}

/** The answer to an upload, or the start of one, that is larger than any may be. */
export function tooLarge(most: number): RegistryError {
  return new RegistryError('SIZE_INVALID', `a blob may have at most ${most} bytes here`, { status: 413 })
}
