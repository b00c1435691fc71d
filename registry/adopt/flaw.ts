/** What can be wrong with something in an adopted tree. */
export type FlawKind =
  | 'bad-name'
  | 'bad-link'
  | 'empty-link'
  | 'foreign-layer'
  | 'missing-bytes'
  | 'missing-manifest'
  | 'not-taken'
  | 'symbolic-link'
  | 'unreadable'
  | 'wrong-bytes'

/** Something in the tree that is not as it should be: it is left there, and told. */
export class TreeFlaw extends Error {
  override readonly name = 'TreeFlaw'
  readonly kind: FlawKind

  constructor(kind: FlawKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.kind = kind
  }
}
