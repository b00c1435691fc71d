import { IbuildError } from '../../shared/base/errors.ts'
import type { CompressionFormat } from '../layers/compress/choice.ts'
import type { OutputSpec } from '../output-types.ts'

interface CompressedOutput {
  readonly type: OutputSpec['type']
  readonly format?: 'oci' | 'docker' | undefined
  readonly compression?: { readonly format: CompressionFormat } | undefined
}

/** Docker 20.10 reads layers that are plain or gzip, in whatever they are packed; zstd came with 23. Errors: USAGE. */
export function checkCompression(output: CompressedOutput): void {
  if (output.type === 'registry' && output.format === 'docker' && output.compression?.format === 'zstd')
    throw noZstdInManifest()
  if (output.type !== 'docker' || output.compression?.format !== 'zstd') return
  throw new IbuildError('USAGE', 'an archive for docker with zstd layers cannot be read by every docker load', {
    hint: 'Take gzip, or type=oci (--format oci).',
  })
}

/** Of images that are pushed in docker's format. */
export function noZstdInManifest(): IbuildError {
  return new IbuildError('USAGE', "docker's manifest format knows no zstd layers", {
    hint: 'Take gzip, or the format oci.',
  })
}
