import type { StoreOptions } from './options.ts'

/** Something with a root filesystem. */
export interface SourceOptions extends StoreOptions {
  /** A container, or an image as in `ImageOptions`; a name of both is the container. */
  readonly source: string
}
