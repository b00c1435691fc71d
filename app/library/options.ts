import type { ImageVerifier, RemoteImages } from '../../builder/ports.ts'

/** What every function of the library needs. */
export interface StoreOptions {
  /** The data folder; made when something is written to it for the first time. */
  readonly root: string
}

/** Where bytes come from that the store has not. */
export interface LayerOptions {
  /**
   * Gives layers of which only the index is in the store, as after a build on a base in a registry: `images` of
   * `openRegistries`. Without it they are the error `LAYER_NOT_HERE`.
   */
  readonly layersFrom?: Pick<RemoteImages, 'content'>
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

/** Whether images must be signed. */
export interface VerifyOptions {
  /** Says what was signed under the name of an image, which then is what is used: see `openVerifier`. Without it nothing has to be. */
  readonly verifier?: ImageVerifier
}
