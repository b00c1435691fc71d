import type { OutputSpec } from '../../../builder/build-types.ts'
import type { RegistryOutput } from '../../../builder/output-types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { suggest } from '../../../shared/base/suggest.ts'
import { parseAskedCompression, parseCompression } from '../compression.ts'
import { dockerHost } from '../docker-host.ts'
import { type Annotation, collectAnnotations, parseAnnotationField } from './annotations.ts'
import { splitCsv } from './csv.ts'
import { splitPair } from './pairs.ts'

/** `type=image`: the image in the store, under more names or with annotations. */
export interface StoreOutput {
  readonly type: 'image'
  readonly names: readonly string[]
  readonly annotations: readonly Annotation[]
  /** Of `push=true`. */
  readonly push?: RegistryOutput
}

type Fields = ReadonlyMap<string, string>

/** Keys of each type; all but `tar` and `local` take annotations too. */
const keysOf: Readonly<Record<string, readonly string[]>> = {
  oci: ['type', 'dest', 'name', 'tar', 'compression', 'compression-level'],
  docker: ['type', 'dest', 'name', 'compression', 'compression-level'],
  image: ['type', 'name', 'push', 'oci-mediatypes', 'compression', 'compression-level', 'layer-indexes'],
  registry: ['type', 'name', 'oci-mediatypes', 'compression', 'compression-level', 'layer-indexes'],
  local: ['type', 'dest'],
  tar: ['type', 'dest'],
}

/** `type=oci,dest=PATH,...`; a path alone means type=local, `-` alone type=tar, as in docker. Errors: USAGE, NOT_SUPPORTED. */
export function parseOutput(text: string): OutputSpec | StoreOutput {
  if (!text.includes('=')) return { type: text === '-' ? 'tar' : 'local', dest: text }
  const fields = fieldsOf(text)
  const type = fields.get('type') ?? ''
  checkKeys(type, [...fields.keys()])
  switch (type) {
    case 'oci':
      return ociOutput(fields)
    case 'docker':
      return dockerOutput(fields)
    case 'image':
      return storeOutput(fields)
    case 'registry':
      return registryOutput(fields)
    case 'tar':
      return { type, dest: destOf(fields) ?? '-' }
    default:
      return { type: 'local', dest: folderOf(fields, 'type=local') }
  }
}

function fieldsOf(text: string): Fields {
  const fields = new Map<string, string>()
  for (const field of splitCsv(text)) {
    const [key, value] = splitPair(field, '')
    if (fields.has(key)) throw new IbuildError('USAGE', `--output: ${key} is given twice`)
    fields.set(key, value)
  }
  return fields
}

function checkKeys(type: string, keys: readonly string[]): void {
  const allowed = Object.hasOwn(keysOf, type) ? keysOf[type] : undefined
  if (allowed === undefined) {
    const hint = 'Use type=oci, docker, image, registry, local or tar.'
    throw new IbuildError('USAGE', `--output: type ${JSON.stringify(type)} is not supported`, { hint })
  }
  const hasManifest = type !== 'local' && type !== 'tar'
  const unknown = keys.find(
    (key) => !allowed.includes(key) && !(hasManifest && parseAnnotationField(key) !== undefined),
  )
  if (unknown === undefined) return
  const similar = suggest(unknown, allowed)
  const hint = similar === undefined ? `Use ${allowed.join(', ')}.` : `Did you mean ${similar}?`
  throw new IbuildError('USAGE', `--output: unknown key ${JSON.stringify(unknown)} for type=${type}`, { hint })
}

function ociOutput(fields: Fields): OutputSpec {
  const archive = archiveOf(fields)
  if (switchOf(fields, 'tar') ?? true) return { type: 'oci', dest: destOf(fields) ?? '-', ...archive }
  return { type: 'oci', folder: true, dest: folderOf(fields, 'tar=false'), ...archive }
}

/** Without a destination it goes into the daemon, as in docker. */
function dockerOutput(fields: Fields): OutputSpec {
  const dest = destOf(fields)
  const { names, compression, ...rest } = archiveOf(fields)
  if (dest !== undefined)
    return { type: 'docker', dest, ...rest, ...(names && { names }), ...(compression && { compression }) }
  if (compression !== undefined || rest.annotations !== undefined)
    throw new IbuildError('USAGE', '--output: compression and annotations of type=docker need dest=PATH', {
      hint: 'A Docker daemon keeps layers unpacked.',
    })
  return { type: 'daemon', host: dockerHost(), ...(names && { names }) }
}

/** With `push=true` its names are those under which it is pushed too. */
function storeOutput(fields: Fields): StoreOutput {
  const isPushed = switchOf(fields, 'push') === true
  const names = namesOf(fields) ?? []
  const annotations = annotationsOf(fields)
  if (isPushed) return { type: 'image', names, annotations, push: registryOutput(fields) }
  const alone = ['oci-mediatypes', 'compression', 'compression-level', 'layer-indexes'].find((key) => fields.has(key))
  if (alone === undefined) return { type: 'image', names, annotations }
  throw new IbuildError('USAGE', `--output: ${alone} of type=image needs push=true`, {
    hint: 'Layers in the store are not compressed.',
  })
}

function registryOutput(fields: Fields): RegistryOutput {
  const called = { compression: '--output: compression', level: '--output: compression-level' }
  const compression = parseAskedCompression(fields.get('compression'), fields.get('compression-level'), called)
  const annotations = fields.get('type') === 'registry' ? annotationsOf(fields) : []
  const names = namesOf(fields)
  const isOci = switchOf(fields, 'oci-mediatypes')
  const indexes = switchOf(fields, 'layer-indexes')
  return {
    type: 'registry',
    ...(names && { names }),
    ...(compression && { compression }),
    ...(isOci !== undefined && { format: isOci ? 'oci' : 'docker' }),
    ...(indexes !== undefined && { indexes }),
    ...(annotations.length > 0 && { annotations: collectAnnotations(annotations) }),
  }
}

function switchOf(fields: Fields, key: string): boolean | undefined {
  const text = fields.get(key)
  if (text === undefined) return undefined
  if (text === 'true' || text === '1') return true
  if (text === 'false' || text === '0') return false
  throw new IbuildError('USAGE', `--output: ${key}=${JSON.stringify(text)} is not true or false`)
}

function archiveOf(
  fields: Fields,
): Pick<Extract<OutputSpec, { type: 'docker' }>, 'names' | 'compression' | 'annotations'> {
  const called = { compression: '--output: compression', level: '--output: compression-level' }
  const compression = parseCompression(fields.get('compression'), fields.get('compression-level'), called)
  const annotations = annotationsOf(fields)
  const names = namesOf(fields)
  return {
    ...(compression && { compression }),
    ...(annotations.length > 0 && { annotations: collectAnnotations(annotations) }),
    ...(names && { names }),
  }
}

function annotationsOf(fields: Fields): Annotation[] {
  return [...fields].flatMap(([field, value]) => {
    const annotation = parseAnnotationField(field)
    return annotation === undefined ? [] : [{ ...annotation, value }]
  })
}

function namesOf(fields: Fields): string[] | undefined {
  return fields.get('name')?.split(',')
}

function destOf(fields: Fields): string | undefined {
  const dest = fields.get('dest')
  if (dest === '') throw new IbuildError('USAGE', '--output: dest is empty', { hint: 'Write dest=PATH.' })
  return dest
}

function folderOf(fields: Fields, what: string): string {
  const dest = destOf(fields)
  if (dest === undefined || dest === '-') throw new IbuildError('USAGE', `--output: ${what} needs dest=PATH`)
  return dest
}
