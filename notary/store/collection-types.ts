import type { Gun, RoleName } from '../tuf/types.ts'

/** Who asks for a change. */
export interface Caller {
  /** Undefined for somebody without an account. */
  readonly account?: string | undefined
  /** IP address of the client; undefined for who is on the machine of the server. */
  readonly address?: string | undefined
}

/** A file of metadata as it is stored. */
export interface StoredFile {
  readonly role: RoleName
  readonly version: number
  readonly bytes: Buffer
  /** Hex. */
  readonly sha256: string
  /** When it was stored; milliseconds since the epoch. */
  readonly storedAt: number
}

export type FileQuery =
  | { readonly role: RoleName }
  | { readonly role: RoleName; readonly version: number }
  /** Hex of sha256 or sha512. */
  | { readonly role: RoleName; readonly hash: string }

/** What happened to a collection, in the order of `id`. */
export interface CollectionChange {
  readonly id: number
  readonly at: number
  readonly gun: Gun
  /** Of the timestamp; 0 for a deletion. */
  readonly version: number
  /** Hex; of the timestamp; empty for a deletion. */
  readonly sha256: string
  readonly category: 'update' | 'deletion'
}

export interface ChangesQuery {
  readonly gun?: Gun | undefined
  /** Changes behind this one (before it, with `isReverse`); undefined: from the start (the end). */
  readonly after: number | undefined
  readonly limit: number
  readonly isReverse: boolean
}
