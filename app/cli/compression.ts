import type { AskedCompression } from '../../builder/layers/compress/choice.ts'
import { type CompressionChoice, compressionLevels } from '../../builder/layers/compress/choice.ts'
import type { ManifestFormat } from '../../builder/transfer/image-manifest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { suggest } from '../../shared/base/suggest.ts'

/** How the user calls the two settings, for messages: `--compression` or `--output: compression`. */
export interface CompressionNames {
  readonly compression: string
  readonly level: string
}

const names = ['uncompressed', 'gzip', 'zstd'] as const

/** `gzip`, `zstd` or `uncompressed` with a level, as buildx names them; undefined for plain tars. Errors: USAGE. */
export function parseCompression(
  format: string | undefined,
  level: string | undefined,
  called: CompressionNames,
): CompressionChoice | undefined {
  if (format !== 'gzip' && format !== 'zstd') {
    if (format !== undefined && format !== 'uncompressed') throw unknownFormat(format, called)
    if (level === undefined) return undefined
    throw new IbuildError('USAGE', `${called.level} needs ${called.compression} gzip or zstd`)
  }
  const { least, most, level: usual } = compressionLevels[format]
  if (level === undefined) return { format, level: usual }
  if (/^\d{1,2}$/.test(level) && Number(level) >= least && Number(level) <= most)
    return { format, level: Number(level) }
  throw new IbuildError('USAGE', `${called.level}: ${JSON.stringify(level)} is no level of ${format}`, {
    hint: `Take ${least} to ${most}; ${usual} is usual.`,
  })
}

/** The same for a registry, where it makes a difference whether something was asked for. Errors: USAGE. */
export function parseAskedCompression(
  format: string | undefined,
  level: string | undefined,
  called: CompressionNames,
): AskedCompression | undefined {
  const choice = parseCompression(format ?? (level === undefined ? undefined : 'gzip'), level, called)
  if (choice === undefined) return format === undefined ? undefined : { format: 'none' }
  return { format: choice.format, ...(level !== undefined && { level: choice.level }) }
}

/** `oci` or `docker`. Errors: USAGE. */
export function parseManifestFormat(text: string, called: string): ManifestFormat {
  if (text === 'oci' || text === 'docker') return text
  throw new IbuildError('USAGE', `${called}: ${JSON.stringify(text)} is not oci or docker`)
}

function unknownFormat(format: string, called: CompressionNames): IbuildError {
  const meant = format === 'none' ? 'uncompressed' : suggest(format, names)
  const hint = meant === undefined ? `Use ${names.join(', ')}.` : `Did you mean ${meant}?`
  return new IbuildError('USAGE', `${called.compression}: ${JSON.stringify(format)} is not supported`, { hint })
}
