/**
 * The library: what the command does, for programs. Every function takes one object of options, with the data folder as
 * `root`; none prints, reads arguments or the environment, or changes the process. Errors that a user can cause are
 * `IbuildError`s with a code.
 */
export { build } from '../builder/build.ts'
export type {
  BuildOptions,
  BuildResult,
  ContextSource,
  DockerfileSource,
  OutputSpec,
} from '../builder/build-types.ts'
export type { DockerfileWarning } from '../builder/dockerfile/types.ts'
export type { Limits, NetworkMode, RunResult } from '../builder/exec/types.ts'
export type { BuildEvent, EmitEvent } from '../builder/solve/events.ts'
export type { GarbageReport } from '../builder/store/types.ts'
export type { Digest } from '../shared/base/digest.ts'
export type { ErrorCode } from '../shared/base/error-codes.ts'
export { type ErrorOptions, IbuildError, isIbuildError, type SourceLocation } from '../shared/base/errors.ts'
export type { HistoryEntry, ImageConfig, RootFs } from '../shared/oci/config.ts'
export type { ContainerSettings, Healthcheck } from '../shared/oci/container-settings.ts'
export type { Descriptor } from '../shared/oci/descriptor.ts'
export type { Manifest } from '../shared/oci/manifest.ts'
export type { Platform } from '../shared/oci/platform.ts'
export { type ImportImageOptions, importImage, type LoadImagesOptions, loadImages } from './library/archives.ts'
export type { Image, ImageSummary } from './library/image.ts'
export { inspectImage, listImages, type TagOptions, tagImage } from './library/images.ts'
export type { AbortOptions, ImageOptions, StoreOptions } from './library/options.ts'
export { type PruneOptions, prune } from './library/prune.ts'
export { type RunOptions, runImage } from './library/run.ts'
export { type ExportImageOptions, exportImage, type SaveImagesOptions, saveImages } from './library/save.ts'
