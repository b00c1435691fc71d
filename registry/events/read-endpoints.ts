import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { readStart } from '../../shared/cas/read-start.ts'
import { certificatesIn } from '../../shared/net/http/authorities.ts'
import type { Endpoint, EndpointSettings, EventSettings, ReadEventSettings } from './types.ts'

const mostBytes = 1024 * 1024

/** Reads the files that settings name. Errors: SERVER_CONFIG_INVALID, with the key and the file, never with its content. */
export async function readEventSettings(settings: EventSettings): Promise<ReadEventSettings> {
  return { ...settings, endpoints: await Promise.all(settings.endpoints.map(readEndpoint)) }
}

async function readEndpoint(settings: EndpointSettings): Promise<Endpoint> {
  const { name, secretFile, caFile } = settings
  const secret = secretFile === '' ? undefined : withoutLineEnd(await read(secretFile, `${name}: secretFile`))
  if (secret !== undefined && secret.byteLength < 16) {
    throw invalid(`${name}: secretFile: ${secretFile} has less than 16 bytes, which can be guessed`)
  }
  const authorities = caFile === '' ? [] : certificatesIn((await read(caFile, `${name}: caFile`)).toString('latin1'))
  if (caFile !== '' && authorities.length === 0) throw invalid(`${name}: caFile: ${caFile} has no certificate`)
  return { ...settings, secret, authorities }
}

async function read(path: string, what: string): Promise<Buffer> {
  try {
    return await readStart(path, mostBytes)
  } catch (cause) {
    throw invalid(`${what}: ${path} cannot be read (${errnoOf(cause) ?? 'unknown reason'})`, cause)
  }
}

/** Editors put it there, and nobody means it. */
function withoutLineEnd(bytes: Buffer): Buffer {
  const end = bytes.at(-1) === 0x0a ? (bytes.at(-2) === 0x0d ? -2 : -1) : undefined
  return bytes.subarray(0, end)
}

function invalid(problem: string, cause?: unknown): IbuildError {
  return new IbuildError('SERVER_CONFIG_INVALID', `events.endpoints: ${problem}`, { cause })
}
