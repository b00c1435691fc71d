import type { Annotations } from '../../../builder/build-types.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { suggest } from '../../../shared/base/suggest.ts'
import { formatPlatform, hostPlatform, parsePlatform, samePlatform } from '../../../shared/oci/platform.ts'

/** One annotation and where it goes. */
export interface Annotation {
  readonly place: keyof Annotations
  readonly key: string
  readonly value: string
}

/** `[type[,type]:]key=value` as buildx takes it; a type may name a platform in brackets. Errors: USAGE. */
export function parseAnnotation(text: string): Annotation[] {
  const at = text.indexOf('=')
  if (at < 0) throw new IbuildError('USAGE', `--annotation: ${JSON.stringify(text)} has no =`, { hint: usage })
  const [head, value] = [text.slice(0, at), text.slice(at + 1)]
  const colon = head.indexOf(':')
  const key = head.slice(colon + 1)
  if (key.trim() === '')
    throw new IbuildError('USAGE', `--annotation: ${JSON.stringify(text)} has no key`, { hint: usage })
  const types = colon < 0 ? ['manifest'] : head.slice(0, colon).split(',')
  return types.map((type) => ({ place: placeOf(type), key, value }))
}

const usage = 'Write it as [manifest|manifest-descriptor:]KEY=VALUE.'

/** The key of an `annotation` in an output: `annotation.KEY`, `annotation-manifest[linux/amd64].KEY`; undefined for other keys. */
export function parseAnnotationField(field: string): Omit<Annotation, 'value'> | undefined {
  const [, type = 'manifest', platform = '', key] = /^annotation(?:-([a-z-]+))?(\[[^\]]*\])?\.(.+)$/s.exec(field) ?? []
  return key === undefined ? undefined : { place: placeOf(type + platform), key }
}

function placeOf(text: string): keyof Annotations {
  const [, type, platform] = /^([a-z-]+)(?:\[(.*)\])?$/.exec(text) ?? []
  checkPlatform(platform)
  switch (type) {
    case 'manifest':
      return 'manifest'
    case 'manifest-descriptor':
      return 'descriptor'
    case 'index':
    case 'index-descriptor':
      throw new IbuildError(
        'USAGE',
        `--annotation: an image of one platform has no index, so nothing to annotate with ${type}`,
        {
          hint: 'Annotate the manifest, or its descriptor with manifest-descriptor.',
        },
      )
    default: {
      const meant = suggest(type ?? text, ['manifest', 'manifest-descriptor'])
      throw new IbuildError('USAGE', `--annotation: unknown type ${JSON.stringify(text)}`, {
        hint: meant === undefined ? usage : `Did you mean ${meant}?`,
      })
    }
  }
}

function checkPlatform(text: string | undefined): void {
  if (text === undefined || samePlatform(parsePlatform(text), hostPlatform())) return
  throw new IbuildError('USAGE', `--annotation: the image is for ${formatPlatform(hostPlatform())}, not for ${text}`)
}

/** Later ones win. */
export function collectAnnotations(annotations: readonly Annotation[]): Annotations {
  const at = (place: Annotation['place']): ReadonlyMap<string, string> =>
    new Map(annotations.filter((each) => each.place === place).map(({ key, value }) => [key, value]))
  return { manifest: at('manifest'), descriptor: at('descriptor') }
}
