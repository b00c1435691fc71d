import { IbuildError } from '../../shared/base/errors.ts'
import {
  asInteger,
  asObject,
  asString,
  asStrings,
  type JsonPlace,
  type JsonValue,
  optional,
  required,
} from '../../shared/base/json.ts'
import { asDigest } from '../../shared/oci/descriptor.ts'
import { isContainerName } from './container-name.ts'
import type { Container } from './types.ts'

/** What the file of a container holds. */
export type ContainerFile = Omit<Container, 'manifest' | 'config'>

/** Above what a kernel takes as the words of one command. */
export const maxContainerBytes = 8 * 1024 * 1024

export function formatContainer(container: ContainerFile): string {
  const { name, manifestDigest, imageID, layer, command, exitCode, created } = container
  return JSON.stringify({ version: 1, name, manifest: manifestDigest, imageID, layer, command, exitCode, created })
}

/** Reads what {@link formatContainer} wrote for that name. Errors: STORE_INVALID. */
export function parseContainer(value: JsonValue, name: string): ContainerFile {
  const place: JsonPlace = { code: 'STORE_INVALID', path: 'container' }
  const object = asObject(value, place)
  const version = required(object, 'version', place, asInteger)
  if (version !== 1) throw new IbuildError('STORE_INVALID', `a container of version ${version}`)
  if (!isContainerName(name) || required(object, 'name', place, asString) !== name)
    throw new IbuildError('STORE_INVALID', 'the file has the container of another name')
  return {
    name,
    manifestDigest: required(object, 'manifest', place, asDigest),
    imageID: required(object, 'imageID', place, asDigest),
    layer: optional(object, 'layer', place, asDigest),
    command: required(object, 'command', place, asStrings),
    exitCode: required(object, 'exitCode', place, asInteger),
    created: required(object, 'created', place, asInteger),
  }
}
