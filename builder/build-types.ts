import type { Digest } from '../shared/base/digest.ts'
import type { Descriptor } from '../shared/oci/descriptor.ts'
import type { Limits, NetworkMode } from './exec/types.ts'
import type { StepExplanation } from './explain/types.ts'
import type { Annotations, OutputSpec, WrittenOutput } from './output-types.ts'
import type { ImageSigner, ImageVerifier, Publisher, RemoteImages } from './ports.ts'
import type { BuiltLayers } from './solve/built-steps.ts'
import type { EmitEvent } from './solve/events.ts'
import type { Squash } from './squash/groups.ts'
import type { MaxLayers } from './squash/layer-limit.ts'

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

export type { Annotations, OutputSpec, WrittenOutput } from './output-types.ts'

/** What to build, from what, and where to keep it. */
export interface BuildOptions {
  /** Data folder. */
  readonly root: string
  readonly context: ContextSource
  /** `Dockerfile` in the context unless told otherwise. */
  readonly dockerfile?: DockerfileSource
  /** Names of the image, in docker's grammar. */
  readonly tags?: readonly string[]
  /** The stage to build: its name or index. The last one unless told otherwise. */
  readonly target?: string
  /** Values of ARGs. */
  readonly buildArgs?: ReadonlyMap<string, string>
  /** Labels that the image gets beside its own. */
  readonly labels?: ReadonlyMap<string, string>
  /** Annotations of the image, in the store and in all outputs. */
  readonly annotations?: Annotations
  /** What to write beside the image in the store. */
  readonly outputs?: readonly OutputSpec[]
  /** Merges layers of the image to one: those of this build, or those of the base too. Steps are cached one by one all the same. */
  readonly squash?: Squash
  /** Merges neighbouring layers until there are at most so many; `auto` is as many as can be used. */
  readonly maxLayers?: MaxLayers
  /** Receives an archive whose `dest` is '-'. */
  readonly stdout?: NodeJS.WritableStream
  /** Where images are found that the store has not; without it they are an error. */
  readonly images?: RemoteImages
  /** Decides by signatures what names of images mean, those in the store included; without it nothing has to be signed. */
  readonly verifier?: ImageVerifier
  /** Where outputs of type `registry` go. */
  readonly publisher?: Publisher
  /** Signs what outputs of type `registry` push, before tags move. */
  readonly signer?: ImageSigner
  /** Asks there anew for every image that is not named by its digest. */
  readonly pull?: boolean
  /** Every step runs again. */
  readonly noCache?: boolean
  /** Stages (name or index) whose steps all run again. */
  readonly noCacheStages?: readonly string[]
  /** Is given, step by step, how the parts of its cache key compare with those of the record that was hit, or is nearest. */
  readonly explain?: (step: StepExplanation) => void
  /** The network of RUN steps. */
  readonly network?: NetworkMode
  /** Lines of /etc/hosts in RUN steps: `name:ip`. */
  readonly extraHosts?: readonly string[]
  /** `runc`, `crun` or a path; the fastest that works unless told otherwise. */
  readonly runtime?: string
  /** Limits of each RUN step. */
  readonly limits?: Limits
  /**
   * True in a process that does nothing else and changes neither its working directory nor its umask: RUN steps then
   * start without a thread in between.
   */
  readonly ownProcess?: boolean
  /**
   * Is told what goes on, in order. It is called within the work, so it should be quick. When it throws, the build stops as
   * if it were aborted, and rejects with what was thrown.
   */
  readonly emit?: EmitEvent
  /** Stops the build: it rejects with `CANCELLED` when nothing of it runs any more. */
  readonly signal?: AbortSignal
}

/** The image that a build made. */
export interface BuildResult extends BuiltLayers {
  readonly imageID: Digest
  readonly manifestDigest: Digest
  /** Of the manifest in the store. */
  readonly descriptor: Descriptor
  /** Familiar names that now point to the image. */
  readonly tags: readonly string[]
  /** In the order of the options. */
  readonly outputs: readonly WrittenOutput[]
  /** True when an output went to `stdout`. */
  readonly wroteToStdout: boolean
}
