import type { BaseImage, Compression } from './contender.ts'

/** What a row needs to run, made once for all contenders. */
export interface Work extends AsyncDisposable {
  /** What the contenders load before; undefined when the base is in a registry. */
  readonly base: BaseImage | undefined
  readonly context: string
  /** False: each measured build runs every step. */
  readonly cache: boolean
  readonly squash?: boolean
  /** True: each build starts with an empty store. */
  readonly startsEmpty?: boolean
  /** Folder of a registry to which each image is pushed in the same command, into a repository of its own. */
  readonly pushTo?: string
  /** Changes the context before each round. */
  readonly change?: (round: number) => void
  /** Says what is wrong when a measured build did not do its work; undefined when it did. */
  readonly fault: (done: Done) => string | undefined | Promise<string | undefined>
}

/** A measured build: what it printed, the image that the contender had made before, and the one that it made. */
export interface Done {
  readonly output: string
  readonly before: string | undefined
  readonly after: string
  /** The names of both. */
  readonly tags: { readonly before: string | undefined; readonly after: string }
  /** Of the contender. */
  readonly compression: Compression | undefined
}
