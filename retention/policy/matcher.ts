/** A pattern that must fit a whole text, in a time linear in its length. */
export interface Matcher {
  /** As it was written. */
  readonly text: string
  readonly syntax: Syntax
  /** Its place in the document: `policies[0].tags.keep[1]`. */
  readonly path: string
  matches(text: string): boolean
  /** What its named groups caught, or undefined when it does not fit. A glob has none. */
  groups(text: string): Readonly<Record<string, string>> | undefined
}

/** `regex` of RE2, or `glob` as shells have it. */
export type Syntax = 'regex' | 'glob'
