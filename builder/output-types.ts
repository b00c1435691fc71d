import type { Descriptor } from '../shared/oci/descriptor.ts'
import type { AskedCompression, CompressionChoice } from './layers/compress/choice.ts'
import type { ManifestFormat } from './transfer/image-manifest.ts'

/** Where an output goes: a path; '-' stands for the stream that the options name `stdout`. */
export type OutputPath = string

/** Names and texts attached to an image from outside: they change the digest of its manifest, not its ID. */
export interface Annotations {
  /** In the manifest. */
  readonly manifest: ReadonlyMap<string, string>
  /** In the descriptor of the manifest that the index of an archive has. */
  readonly descriptor: ReadonlyMap<string, string>
}

/** What archives for all tools have in common. */
export interface ArchiveOptions {
  readonly dest: OutputPath
  /** Layers are plain tars unless told otherwise. */
  readonly compression?: CompressionChoice
  /** Beside those of the image. */
  readonly annotations?: Annotations
  /** Names in the archive, in docker's grammar; those of the image unless told otherwise. */
  readonly names?: readonly string[]
}

/** An OCI image layout, as a tar or as a folder. */
export interface OciOutput extends ArchiveOptions {
  readonly type: 'oci'
  /** A folder; it may hold a layout already, to which the image is added. */
  readonly folder?: boolean
}

/** An archive that `docker load` of any version takes; zstd is refused, since not all of them read it. */
export interface DockerOutput extends ArchiveOptions {
  readonly type: 'docker'
}

/** Loads the image into a Docker daemon. */
export interface DaemonOutput {
  readonly type: 'daemon'
  /** `unix:///var/run/docker.sock`, `tcp://host:2375`. */
  readonly host: string
  /** Names in the daemon; those of the image unless told otherwise. */
  readonly names?: readonly string[]
}

/** The files of the image: as a tar, or in a folder. */
export interface FilesOutput {
  readonly type: 'tar' | 'local'
  readonly dest: OutputPath
}

/** Pushes the image to registries. */
export interface RegistryOutput {
  readonly type: 'registry'
  /** Where it goes; the names of the image unless told otherwise. */
  readonly names?: readonly string[]
  /** Without it a layer is left as registries have it already; one that has to be compressed becomes gzip. */
  readonly compression?: AskedCompression
  /** Media types of the manifest; `oci` unless told otherwise. */
  readonly format?: ManifestFormat
  /** False: the indexes of its layers are not published beside it. */
  readonly indexes?: boolean
  /** Beside those of the image. */
  readonly annotations?: Annotations
}

/** What to write beside the image in the store. */
export type OutputSpec = OciOutput | DockerOutput | DaemonOutput | FilesOutput | RegistryOutput

/** What was written for an output. */
export interface WrittenOutput {
  readonly type: OutputSpec['type']
  /** The path, the host of a daemon, or full names in registries with commas between them. */
  readonly dest: string
  /** Of the manifest, for outputs that have one; its digest differs from the stored image's where layers are compressed. */
  readonly descriptor?: Descriptor
  /** Of a daemon: false when it had the image already. */
  readonly sent?: boolean
}
