import { randomBytes } from 'node:crypto'
import type { ExecutionContext } from 'ava'
import { digestOf } from '../../../shared/base/digest.ts'
import { standIn } from '../../../shared/net/testing/stand-in.ts'
import type { Descriptor } from '../../../shared/oci/descriptor.ts'
import type { RemoteRepository } from '../types.ts'
import { testClient } from './client.ts'
import { UploadServer, type UploadServerOptions } from './upload-server.ts'

/** A blob to push. */
export const content = randomBytes(500_000)
export const descriptor: Descriptor = {
  mediaType: 'application/octet-stream',
  digest: digestOf(content),
  size: content.length,
}

/** Its bytes, or others, in pieces. */
export async function* open(bytes: Uint8Array = content): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += 65_536) yield bytes.subarray(i, i + 65_536)
}

/** A repository of a server that takes uploads, with the faults that a test wants. */
export async function repositoryOn(
  t: ExecutionContext,
  options: UploadServerOptions = {},
): Promise<{ readonly server: UploadServer; readonly repository: RemoteRepository }> {
  const server = new UploadServer(options)
  const { host } = await standIn(t, server.answer)
  return { server, repository: testClient(t, { retries: { most: 3 } }).repository({ domain: host, path: 'a' }) }
}

/** Of all requests that came. */
export function methods({ log }: UploadServer): string[] {
  return log.map((line) => line.split(' ')[0] ?? '')
}
