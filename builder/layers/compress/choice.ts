/** How layers are compressed on their way out. Equal choices give equal bytes with one build of Node, see {@link compress}. */
export interface CompressionChoice {
  readonly format: 'gzip' | 'zstd'
  readonly level: number
}

/** What a layer in a registry is compressed with, if anything. */
export type CompressionFormat = CompressionChoice['format'] | 'none'

/** What a layer is compressed with; a level only when it was asked for. */
export interface AskedCompression {
  readonly format: CompressionFormat
  readonly level?: number | undefined
}

/** `level` is the default: what gzip and zstd themselves take. */
export const compressionLevels: Readonly<Record<CompressionChoice['format'], LevelRange>> = {
  gzip: { least: 0, most: 9, level: 6 },
  zstd: { least: 1, most: 22, level: 3 },
}

interface LevelRange {
  readonly least: number
  readonly most: number
  readonly level: number
}
