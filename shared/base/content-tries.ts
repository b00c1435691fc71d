import type { ErrorCode } from './error-codes.ts'
import { type IbuildError, isIbuildError } from './errors.ts'

/** A place that hands content out before all of it is verified. */
export interface ContentPlace {
  /** The same name for the same place at every try. */
  readonly name: string
  /** True when it gave something that was not found to be right. */
  isDoubtful(): boolean
  /** Is told that what it gave was wrong. */
  onWrong(error: IbuildError): void
}

/** Errors that wrong content can lead to, whoever notices it first. */
const contentErrors: readonly ErrorCode[] = [
  'ARCHIVE_INVALID',
  'ARCHIVE_UNSAFE',
  'CONFIG_INVALID',
  'DIGEST_MISMATCH',
  'INDEX_INVALID',
  'JSON_INVALID',
]

/**
 * What the tries at one piece of work know of each other. Content is used while it comes, so that a mirror sent something wrong is
 * known only when the work is spoilt: then it begins anew, and the content comes from elsewhere.
 */
export interface ContentTries {
  /** True for a place whose content was wrong: it is not to be used again. */
  isWrong(name: string): boolean
  /** Notes a place whose content is used from now on. */
  note(place: ContentPlace): void
}

class Tries implements ContentTries {
  readonly #wrong = new Set<string>()
  #places: ContentPlace[] = []

  isWrong(name: string): boolean {
    return this.#wrong.has(name)
  }

  note(place: ContentPlace): void {
    this.#places.push(place)
  }

  /** After a failure of the work: true when another try will use other places. */
  mayMend(error: unknown): boolean {
    const doubtful = this.#places.filter((place) => place.isDoubtful())
    this.#places = []
    if (!isIbuildError(error, ...contentErrors)) return false
    for (const place of doubtful) {
      this.#wrong.add(place.name)
      place.onWrong(error)
    }
    return doubtful.length > 0
  }
}

/** Does the work, anew for as long as it fails for content that can be had from another place. Errors: those of the last try. */
export async function untilGood<T>(work: (tries: ContentTries) => Promise<T>): Promise<T> {
  const tries = new Tries()
  for (;;) {
    try {
      return await work(tries)
    } catch (error) {
      if (!tries.mayMend(error)) throw error
    }
  }
}
