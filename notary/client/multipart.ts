import { randomBytes } from 'node:crypto'
import type { RoleName } from '../tuf/types.ts'

export interface MultipartBody {
  readonly contentType: string
  readonly bytes: Buffer
}

/**
 * Files of metadata as a server of notary takes them: parts of multipart/form-data (RFC 7578) whose file names are the roles. Names
 * of roles need no quoting.
 */
export function multipartOf(files: ReadonlyMap<RoleName, Uint8Array>): MultipartBody {
  const boundary = randomBytes(24).toString('hex')
  const parts = [...files].flatMap(([role, bytes]) => [
    Buffer.from(`--${boundary}\r\n${headOf(role)}`),
    bytes,
    Buffer.from('\r\n'),
  ])
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    bytes: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]),
  }
}

function headOf(role: RoleName): string {
  return [
    `Content-Disposition: form-data; name="files"; filename="${role}"`,
    'Content-Type: application/octet-stream',
    '',
    '',
  ].join('\r\n')
}
