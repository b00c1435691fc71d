import type { ExecutionContext } from 'ava'
import { type ErrorCode } from '../../../shared/base/error-codes.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { createRegistryClient, type RegistryClientOptions } from '../client.ts'
import type { RegistryClient } from '../types.ts'

/** A client that waits no long time between tries; it ends with the test. */
export function testClient(t: ExecutionContext, options: Partial<RegistryClientOptions> = {}): RegistryClient {
  const client = createRegistryClient({
    userAgent: 'ibuild/test',
    timeouts: { connect: 20_000, answer: 10_000, idle: 1500 },
    authorities: { file: '/dev/null' },
    ...options,
    retries: { delay: 5, ...options.retries },
  })
  t.teardown(() => client.close())
  return client
}

/** The error of work that must fail with a code. */
export async function failsWith(t: ExecutionContext, code: ErrorCode, work: Promise<unknown>): Promise<IbuildError> {
  const error = await t.throwsAsync(work, { instanceOf: IbuildError })
  t.is<ErrorCode, ErrorCode>(error.code, code, error.message)
  return error
}

/** All that a source gives, as far as it comes: pieces, and the error that ended it. */
export async function taken(
  source: AsyncIterable<Uint8Array>,
): Promise<{ readonly bytes: Buffer; readonly error: unknown }> {
  const pieces: Uint8Array[] = []
  try {
    for await (const piece of source) pieces.push(piece)
    return { bytes: Buffer.concat(pieces), error: undefined }
  } catch (error) {
    return { bytes: Buffer.concat(pieces), error }
  }
}

export async function collected<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of source) all.push(item)
  return all
}
