import type { BaseImage } from './contender.ts'

/** What a row needs to run, made once for all contenders. */
export interface Work extends AsyncDisposable {
  /** What the contenders load before; undefined when the base is in a registry. */
  readonly base: BaseImage | undefined
  readonly context: string
  /** False: each measured build runs every step. */
  readonly cache: boolean
  readonly squash?: boolean
  /** Folder of a registry for images that are pushed after the build: then each build starts with an empty store. */
  readonly pushTo?: string
  /** Changes the context before each round. */
  readonly change?: (round: number) => void
  /** Says what is wrong when a measured build did not do its work; undefined when it did. */
  readonly fault: (done: Done) => string | undefined
}

/** A measured build: what it printed, and the image that the tag named before and after. */
export interface Done {
  readonly output: string
  readonly before: string | undefined
  readonly after: string
}
