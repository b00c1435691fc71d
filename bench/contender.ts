import type { RunOptions } from '../e2e/testing/run.ts'

/** A build that is to be measured. */
export interface BuildRequest {
  readonly context: string
  readonly tag: string
  /** False: every step runs. */
  readonly cache: boolean
  /** Merge the layers of the build into one at the end. */
  readonly squash?: boolean
  /** Push the image under its tag, which names a registry on loopback without TLS; a base that was not loaded comes from there. */
  readonly push?: boolean
}

/** A program and its arguments, ready to be timed. */
export interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly options: RunOptions
}

/** A base image as an archive that every contender can load under its name. */
export interface BaseImage {
  readonly name: string
  /** OCI archive. */
  readonly archive: string
}

/** How layers that are pushed are compressed. */
export type Compression = 'gzip' | 'zstd'

export const compressions: readonly Compression[] = ['gzip', 'zstd']

/** One builder, with a store of its own. */
export interface Contender extends AsyncDisposable {
  readonly name: string
  /** Program and version, as people would write them. */
  readonly version: string
  /** What the output of a build whose steps run must show, where it is not certain which runtime runs them. */
  readonly proof?: RegExp
  /** Of all the layers that it pushes, those of the base too; gzip without it, where the base is not pushed as it came. */
  readonly compression?: Compression
  /** Makes an image known under its name. */
  load(image: BaseImage): Promise<void>
  /** The command line of a build; its output shows the steps as plain lines. */
  build(request: BuildRequest): Command
  /** Removes all images and all of the cache. */
  forget(): Promise<void>
  /** The ID of the image that the last build under this tag made, read from the contender's own store. */
  imageId(tag: string): Promise<string>
}
