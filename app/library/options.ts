/** What every function of the library needs. */
export interface StoreOptions {
  /** The data folder; made when it is missing. */
  readonly root: string
}

/** An image of the store. */
export interface ImageOptions extends StoreOptions {
  /** A name (docker's short forms included), `name@digest`, a digest, or an image ID: whole or its first digits. */
  readonly image: string
}

/** For work that takes long: `CANCELLED` when the signal aborts; then nothing is left behind. */
export interface AbortOptions {
  readonly signal?: AbortSignal | undefined
}
