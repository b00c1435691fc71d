/** How fast and how often all bytes are read again. */
export interface ScrubSettings {
  /** Bytes a second; 0 for never. */
  readonly rate: number
  /** Milliseconds from the end of one pass to the next. */
  readonly every: number
}

/** A pass over all blobs and manifests, or what there is of it so far. Times are milliseconds since the epoch. */
export interface ScrubPass {
  readonly startedAt: number
  readonly blobs: number
  readonly bytes: number
  /** That had another digest than their own, or could not be read. */
  readonly corrupt: number
  /** Of which there were rows, but no bytes. */
  readonly missing: number
}

export interface ScrubStatus {
  /** True while bytes are read, or are about to be; false while it waits for the next pass. */
  readonly isRunning: boolean
  readonly settings: ScrubSettings
  /** The pass that is under way, over restarts of the server. */
  readonly pass: ScrubPass | null
  /** The last one that came to its end. */
  readonly last: (ScrubPass & { readonly endedAt: number }) | null
  /** By this process. */
  readonly bytesRead: number
  readonly foundCorrupt: number
}

/** Reads all that is stored, slowly and again and again, so that what a disk lost is found before somebody pulls it. */
export interface Scrubber {
  status(): ScrubStatus
  /** Begins a pass now, unless one is under way. False when the rate is 0. */
  begin(): boolean
  /** Resolves when nothing is read any more; where it was is kept for the next process. */
  close(): Promise<void>
}
