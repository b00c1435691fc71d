import type { RetentionService } from '../run/types.ts'

/** Retention of one source, with what goes on beside it. */
export interface GcSource {
  readonly service: RetentionService
  /** Where others tell what they run. */
  readonly inUse?: InUseReports | undefined
  /** Where images are kept fresh. */
  readonly mirror?: MirrorRuns | undefined
}

export interface InUseReports {
  /** Takes the place of what the same reporter said before. */
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
