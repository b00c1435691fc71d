import type { Digest } from '../../shared/base/digest.ts'
import type { SourceLocation } from '../../shared/base/errors.ts'
import type { HistoryEntry, ImageConfig } from '../../shared/oci/config.ts'
import type { Platform } from '../../shared/oci/platform.ts'
import type { CopyInstruction } from '../dockerfile/types.ts'
import type { NetworkMode } from '../exec/types.ts'

/** An image that a stage starts from or copies from, as an ImageSource resolved it. */
export interface BaseImage {
  /** The name as written in the Dockerfile, expanded. */
  readonly name: string
  readonly manifestDigest: Digest
  readonly config: ImageConfig
  /** Layers, the base first. */
  readonly diffIDs: readonly Digest[]
}

/** Finds images by the name that a Dockerfile uses. Errors: IMAGE_NOT_FOUND. */
export interface ImageSource {
  resolve(name: string, location: SourceLocation): Promise<BaseImage>
}

/** What a build is asked for, beside the Dockerfile. */
export interface PlanOptions {
  /** `--target`: stage name or index; undefined means the last stage. */
  readonly target: string | undefined
  /** `--build-arg`; a key without a value is already looked up in the caller's environment. */
  readonly buildArgs: ReadonlyMap<string, string>
  /** `--label`, put on the image at the end. */
  readonly labels: ReadonlyMap<string, string>
  /** `--network`: what RUN steps without a flag of their own get. */
  readonly network: NetworkMode
  /** Platform of this machine. */
  readonly platform: Platform
}

export interface Plan {
  /** SOURCE_DATE_EPOCH in milliseconds: no time of the image is later. Undefined: times are those of the build. */
  readonly epoch: number | undefined
  /** Stages that the target needs, each after those it needs; the target is last. */
  readonly stages: readonly PlannedStage[]
  readonly target: PlannedStage
}

export type StageBase =
  | { readonly kind: 'scratch' }
  | { readonly kind: 'image'; readonly image: BaseImage }
  | { readonly kind: 'stage'; readonly stage: PlannedStage }

export interface PlannedStage {
  readonly index: number
  readonly name: string | undefined
  /** For progress: its name, or `stage-N`. */
  readonly title: string
  readonly base: StageBase
  /** Steps that make a layer, in order. */
  readonly steps: readonly Step[]
  /** Final config without rootfs, history and created. */
  readonly config: ImageConfig
  /** New history entries in order; an entry of a step takes its time from the step's layer. */
  readonly history: readonly PlannedHistory[]
}

export interface PlannedHistory {
  readonly entry: Omit<HistoryEntry, 'created'>
  /** Position in `steps` of the step that made the layer, undefined for an entry without layer. */
  readonly step: number | undefined
}

interface StepBase {
  /** For progress, e.g. `[build 2/5] RUN make`. */
  readonly title: string
  /** The instruction as written, without heredocs. */
  readonly source: string
  readonly location: SourceLocation
  /** Values of the variables at this line whose names look secret: they may be in any of the texts below. */
  readonly secrets: readonly string[]
  readonly user: string
  /** Absolute path in the image. */
  readonly workdir: string
}

export interface RunStep extends StepBase {
  readonly kind: 'run'
  readonly args: readonly string[]
  /** What the cache key sees: image environment and ARGs, in order. */
  readonly env: readonly string[]
  /** Names in {@link env} that an ARG declared. */
  readonly argNames: readonly string[]
  /** Predefined proxy ARGs: seen by the command, not by the cache key. */
  readonly proxyEnv: readonly string[]
  readonly network: NetworkMode
  readonly hostname: string
  /** Heredoc script shown to the command as a read-only file. */
  readonly script: { readonly path: string; readonly content: string } | undefined
}

export interface CopyStep extends StepBase {
  readonly kind: 'copy'
  readonly instruction: 'COPY' | 'ADD'
  readonly from:
    | { readonly kind: 'context' }
    | { readonly kind: 'stage'; readonly stage: PlannedStage }
    | { readonly kind: 'image'; readonly image: BaseImage }
  /** Expanded words. */
  readonly sources: readonly string[]
  readonly inlineFiles: readonly { readonly name: string; readonly content: string }[]
  readonly destination: string
  readonly chown: string | undefined
  readonly chmod: string | undefined
  readonly unpack: CopyInstruction['unpack']
}

export interface WorkdirStep extends StepBase {
  readonly kind: 'workdir'
}

export type Step = RunStep | CopyStep | WorkdirStep
