import type { ItemName } from '../facts.ts'
import type { RetentionService, Run } from '../run/types.ts'

/** Retention of one source, with what goes on beside it. */
export interface GcSource {
  readonly service: RetentionService
  /** Where others tell what they run. */
  readonly inUse?: InUseReports | undefined
  /** Where images are kept fresh. */
  readonly mirror?: MirrorRuns | undefined
  /** What is looked after, where that is a Docker daemon. */
  readonly daemon?: GcDaemon | undefined
}

/** A Docker daemon whose images and volumes somebody may remove one by one. */
export interface GcDaemon extends DaemonListing {
  /** Removes all of these items or, where one of them must stay, none. OBJECT_NOT_FOUND, RETENTION_GUARDED, RETENTION_BUSY. */
  remove(names: readonly ItemName[], by: string): Promise<Run>
}

/** What a Docker daemon has, in words of its own API. Others implement it. Errors: DOCKER_UNREACHABLE, DOCKER_FAILED. */
export interface DaemonListing {
  /** Stands for its address: what is remembered of it is in a folder of that name. */
  readonly name: string
  /** In detail with their layers, for which the daemon is asked for each. */
  images(isDetailed: boolean): Promise<readonly DaemonImage[]>
  containers(): Promise<readonly DaemonContainer[]>
  volumes(): Promise<readonly DaemonVolume[]>
  /** All names of an image, or the image itself where it has none. OBJECT_NOT_FOUND; RETENTION_GUARDED for one that others are made from. */
  itemsOf(id: string): Promise<readonly ItemName[]>
}

export interface DaemonImage {
  readonly Id: string
  /** Empty where it was not made here. */
  readonly ParentId: string
  readonly RepoTags: readonly string[]
  readonly RepoDigests: readonly string[]
  /** Seconds since the epoch. */
  readonly Created: number
  readonly Size: number
  readonly VirtualSize: number
  readonly Labels: Readonly<Record<string, string>>
  /** Why it stays whatever rules say: containers, and images that are made from it. */
  readonly InUseBy: readonly string[]
  /** diffIDs, the base first. */
  readonly Layers?: readonly string[] | undefined
}

export interface DaemonContainer {
  readonly Id: string
  readonly Names: readonly string[]
  /** As it was started: a name, or an ID. */
  readonly Image: string
  readonly ImageID: string
  readonly State: string
  /** Names of volumes. */
  readonly Volumes: readonly string[]
}

export interface DaemonVolume {
  readonly Name: string
  /** ISO 8601; undefined where its driver does not tell. */
  readonly CreatedAt?: string | undefined
  readonly Labels: Readonly<Record<string, string>>
  /** False for an orphan: no container has it. */
  readonly InUse: boolean
}

export interface InUseReports {
  /** Takes the place of what the same reporter said before. Errors: USAGE for what cannot be. */
  report(reporter: string, said: InUse): Promise<void>
  list(): Promise<readonly InUseReport[]>
}

/** What somebody says to run. */
export interface InUse {
  /** Of manifests, or of configs of images. */
  readonly digests: readonly string[]
  /** Milliseconds since the epoch: then it is forgotten. */
  readonly until: number
}

export interface InUseReport extends InUse {
  readonly reporter: string
  readonly at: number
}

export interface MirrorRuns {
  /** Looks after all images that are kept fresh, or one of them, now. Resolves when that is done, well or not: the status tells. */
  refreshNow(image?: string): Promise<void>
}
