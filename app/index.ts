/**
 * The library: what the command does, for programs. Every function takes one object of options, with the data folder as
 * `root`; none prints, reads arguments or the environment, or changes the process. Errors that a user can cause are
 * `IbuildError`s with a code. Work on one data folder may go on in many processes, and several times in one, at once.
 */
export type { FindingKind, HiddenHow, MetadataChange, OwnTotals, WasteTotals } from '../builder/analyze/types.ts'
export { build } from '../builder/build.ts'
export type { BuildOptions, BuildResult, ContextSource, DockerfileSource } from '../builder/build-types.ts'
export type { Difference } from '../builder/container/compare-entries.ts'
export type { DockerfileWarning } from '../builder/dockerfile/types.ts'
export type { Limits, NetworkMode, RunResult } from '../builder/exec/types.ts'
export type { FileChange } from '../builder/explain/compare-listings.ts'
export type { PartChange } from '../builder/explain/compare-parts.ts'
export type { ComparedPart, MissCode, MissReason, StepExplanation } from '../builder/explain/types.ts'
export type { AskedCompression, CompressionChoice, CompressionFormat } from '../builder/layers/compress/choice.ts'
export type { EntryType, LayerPath } from '../builder/layers/entry.ts'
export type {
  Annotations,
  ArchiveOptions,
  DaemonOutput,
  DockerOutput,
  FilesOutput,
  OciOutput,
  OutputPath,
  OutputSpec,
  RegistryOutput,
  WrittenOutput,
} from '../builder/output-types.ts'
export type {
  ContentOptions,
  FetchOptions,
  FindOptions,
  ImageSigner,
  ImageVerifier,
  Publisher,
  PublishOptions,
  PublishTarget,
  RemoteImage,
  RemoteImages,
  RepositoryName,
  TaggedContent,
  VerifiedContent,
} from '../builder/ports.ts'
export type { BuiltLayers, BuiltStep } from '../builder/solve/built-steps.ts'
export type { BuildEvent, EmitEvent } from '../builder/solve/events.ts'
export type { Squash } from '../builder/squash/groups.ts'
export type { MaxLayers } from '../builder/squash/layer-limit.ts'
export type { GarbageItem, GarbageReport, StoreUsage, UsagePart } from '../builder/store/types.ts'
export type { ManifestFormat } from '../builder/transfer/image-manifest.ts'
export type { EmitTransfer, TransferEvent } from '../builder/transfer-events.ts'
export type { ContentPlace, ContentTries } from '../shared/base/content-tries.ts'
export type { Digest } from '../shared/base/digest.ts'
export type { ErrorCode } from '../shared/base/error-codes.ts'
export { type ErrorOptions, IbuildError, isIbuildError, type SourceLocation } from '../shared/base/errors.ts'
export type { Reference } from '../shared/base/reference.ts'
export type { HistoryEntry, ImageConfig, RootFs } from '../shared/oci/config.ts'
export type { ContainerSettings, Healthcheck } from '../shared/oci/container-settings.ts'
export type { Descriptor } from '../shared/oci/descriptor.ts'
export type { Manifest } from '../shared/oci/manifest.ts'
export type { Platform } from '../shared/oci/platform.ts'
export type { ClosableVerifier } from './adapters/policy-verifier.ts'
export type { AnalyzedLayer, FoundFile, ImageAnalysis, PossibleSecret, WasteFinding } from './library/analysis.ts'
export { type AnalyzeBuildOptions, type AnalyzeOptions, analyzeBuild, analyzeImage } from './library/analyze.ts'
export {
  type CommitOptions,
  type ContainerOptions,
  type ContainerSummary,
  commit,
  listContainers,
  removeContainer,
} from './library/containers.ts'
export { type DiffOptions, diff, type PathChange, type PathState } from './library/diff.ts'
export type { Image, ImageSummary } from './library/image.ts'
export {
  imageHistory,
  inspectImage,
  listImages,
  type Removal,
  type RemoveImageOptions,
  removeImage,
  type TagOptions,
  tagImage,
} from './library/images.ts'
export { diskUsage, inspectObject, type ObjectOptions } from './library/inspect.ts'
export { type ImportRootfsOptions, importRootfs, type LoadImagesOptions, loadImages } from './library/load.ts'
export type { AbortOptions, ImageOptions, LayerOptions, StoreOptions, VerifyOptions } from './library/options.ts'
export type { ImagePath } from './library/path.ts'
export { type PruneOptions, prune } from './library/prune.ts'
export {
  type BuildRegistries,
  openRegistries,
  type RegistryLogin,
  type RegistryOptions,
} from './library/registries.ts'
export { type ImageRunResult, type RunOptions, runImage } from './library/run.ts'
export { type ExportRootfsOptions, exportRootfs, type SaveImagesOptions, saveImages } from './library/save.ts'
export { type NeededPassphrase, openSigner, type SignerOptions } from './library/signer.ts'
export type { SourceOptions } from './library/source.ts'
export { type SquashOptions, squashImage } from './library/squash.ts'
export {
  type CopiedImage,
  type CopyImageOptions,
  copyImage,
  type PulledImage,
  type PullImageOptions,
  type PushedImage,
  type PushImageOptions,
  pullImage,
  pushImage,
  type TransferOptions,
} from './library/transfer.ts'
export { openVerifier, type VerifierOptions } from './library/verifier.ts'
export type { HistoryLine } from './listing/history-lines.ts'
export type { ObjectType } from './listing/objects/types.ts'
