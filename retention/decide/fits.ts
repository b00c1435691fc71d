import type { Matcher } from '../policy/matcher.ts'

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

/** Where there are no patterns, everything fits. */
export function fitsOrAll(fits: Fits, text: string): boolean {
  return fits.patterns.length === 0 || fits.any(text)
}
