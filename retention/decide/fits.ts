import type { Matcher } from '../policy/matcher.ts'

/** Undefined when the pattern does not fit, or there is none. */
export type Groups = Readonly<Record<string, string>> | undefined

/** Which of some patterns fits a text first. What is asked of the same text again is not matched again. */
export class Fits {
  readonly patterns: readonly Matcher[]
  #text: string | undefined
  #first = -1

  constructor(patterns: readonly Matcher[]) {
    this.patterns = patterns
  }

  /** Its place among them, or -1. */
  first(text: string): number {
    if (text !== this.#text) {
      this.#first = this.patterns.findIndex((pattern) => pattern.matches(text))
      this.#text = text
    }
    return this.#first
  }

  any(text: string): boolean {
    return this.first(text) !== -1
  }
}

/** What the named groups of a pattern catch in a text. What is asked of the same text again is not matched again. */
export class Caught {
  readonly #pattern: Matcher | undefined
  #text: string | undefined
  #groups: Groups = undefined

  constructor(pattern: Matcher | undefined) {
    this.#pattern = pattern
  }

  in(text: string): Groups {
    if (text !== this.#text) {
      this.#groups = this.#pattern?.groups(text)
      this.#text = text
    }
    return this.#groups
  }
}

/** Where there are no patterns, everything fits. */
export function fitsOrAll(fits: Fits, text: string): boolean {
  return fits.patterns.length === 0 || fits.any(text)
}
