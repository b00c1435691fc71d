import type { Digest } from '../shared/base/digest.ts'
import type { Limits, NetworkMode } from './exec/types.ts'
import type { EmitEvent } from './solve/events.ts'

/** Where the files of a build come from. */
export type ContextSource =
  | { readonly kind: 'directory'; readonly path: string }
  /** A Dockerfile alone or a tar, possibly compressed: told apart by its first bytes. */
  | { readonly kind: 'stream'; readonly stream: AsyncIterable<Uint8Array> }

/** Where the Dockerfile comes from: a path (default: in the context), or bytes. */
export type DockerfileSource =
  | { readonly kind: 'default' }
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }

/** What to write beside the image in the store. `dest` is a path; '-' writes an archive to `stdout`. */
export interface OutputSpec {
  readonly type: 'oci' | 'docker' | 'local' | 'tar'
  readonly dest: string
}

export interface BuildOptions {
  /** Data folder. */
  readonly root: string
  readonly context: ContextSource
  readonly dockerfile?: DockerfileSource
  /** Names of the image, in docker's grammar. */
  readonly tags?: readonly string[]
  readonly target?: string
  readonly buildArgs?: ReadonlyMap<string, string>
  readonly labels?: ReadonlyMap<string, string>
  readonly outputs?: readonly OutputSpec[]
  /** Receives an archive whose `dest` is '-'. */
  readonly stdout?: NodeJS.WritableStream
  readonly noCache?: boolean
  /** Stages (name or index) whose steps all run again. */
  readonly noCacheStages?: readonly string[]
  readonly network?: NetworkMode
  /** `name:ip`. */
  readonly extraHosts?: readonly string[]
  /** runc, crun or a path. */
  readonly runtime?: string
  readonly limits?: Limits
  /**
   * True in a process that does nothing else and changes neither its working directory nor its umask: RUN steps then
   * start without a thread in between.
   */
  readonly ownProcess?: boolean
  readonly emit?: EmitEvent
  readonly signal?: AbortSignal
}

export interface BuildResult {
  readonly imageID: Digest
  readonly manifestDigest: Digest
  /** Familiar names that now point to the image. */
  readonly tags: readonly string[]
  /** True when an output went to `stdout`. */
  readonly wroteToStdout: boolean
}
