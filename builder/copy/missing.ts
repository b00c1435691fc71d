import { IbuildError } from '../../shared/base/errors.ts'
import { suggest } from '../../shared/base/suggest.ts'
import { textOf } from '../context/byte-text.ts'
import { baseOf, joinPath, type LayerPath, parentOf } from '../layers/entry.ts'
import { resolvePath } from '../layers/resolve.ts'
import type { SelectRequest } from './types.ts'

/** COPY_SOURCE_MISSING that tells why: hidden by the ignore file, a dangling link, or perhaps misspelt. */
export function missingSource(request: SelectRequest, word: string, path: LayerPath): IbuildError {
  const where = request.sourceIsImage ? 'the image or stage it is copied from' : 'the build context'
  const message = `${request.kind}: ${JSON.stringify(word)} does not exist in ${where}`
  const options = { location: request.location }
  const ignored = hiddenBy(request, path)
  if (ignored !== undefined) {
    const rule = `line ${ignored.line} of ${ignored.file} (${ignored.pattern})`
    return new IbuildError('COPY_SOURCE_MISSING', `${message}: ${rule} hides it`, {
      ...options,
      hint: `Change that line, or add !${textOf(path)} below it.`,
    })
  }
  const entry = request.source.lstat(path)
  if (entry?.type === 'symlink') {
    const target = JSON.stringify(textOf(entry.linkname))
    return new IbuildError(
      'COPY_SOURCE_MISSING',
      `${message}: it is a symbolic link to ${target}, which does not exist`,
      options,
    )
  }
  const outside = outsideHint(request, word)
  const similar = similarPath(request, path)
  const hint = similar === undefined ? outside : `Did you mean ${textOf(similar)}?`
  return new IbuildError('COPY_SOURCE_MISSING', message, { ...options, ...(hint !== undefined && { hint }) })
}

function hiddenBy(
  { source, describeIgnored }: SelectRequest,
  path: LayerPath,
): ReturnType<NonNullable<SelectRequest['describeIgnored']>> {
  const direct = describeIgnored?.(path)
  if (direct !== undefined) return direct
  const target = resolvePath(source, path, { followLast: true }).path
  return target === path ? undefined : describeIgnored?.(target)
}

function outsideHint({ sourceIsImage }: SelectRequest, word: string): string | undefined {
  if (sourceIsImage || !/(?:^|\/)\.\.(?:\/|$)/.test(word)) return undefined
  return 'Files outside of the build context cannot be copied: paths with .. end at its root.'
}

/** The first component that is not there is compared with what is there instead. */
function similarPath({ source }: SelectRequest, path: LayerPath): LayerPath | undefined {
  let directory: LayerPath = ''
  const parts = path.split('/')
  for (const [index, part] of parts.entries()) {
    const next = joinPath(directory, part)
    if (source.lstat(next) === undefined) {
      const names = source.list(resolvePath(source, directory, { followLast: true }).path)
      const similar = suggest(part, names)
      return similar === undefined
        ? sameNameElsewhere(source.list(''), path)
        : [directory, similar, ...parts.slice(index + 1)].filter((name) => name !== '').join('/')
    }
    directory = next
  }
  return undefined
}

function sameNameElsewhere(names: readonly string[], path: LayerPath): LayerPath | undefined {
  return parentOf(path) !== '' && names.includes(baseOf(path)) ? baseOf(path) : undefined
}
