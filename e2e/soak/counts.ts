/** What is counted, and what it is called in the table. */
export const countTitles = {
  pushes: 'pushes acknowledged',
  aborted: 'pushes given up before the manifest',
  uploaded: 'blobs uploaded',
  uploadedBytes: 'bytes uploaded',
  mounted: 'blobs mounted',
  skipped: 'blobs skipped after HEAD',
  known: 'manifests skipped after HEAD',
  left: 'uploads left lying',
  moved: 'shared tags set',
  tagDeletes: 'tags deleted',
  manifestDeletes: 'manifests deleted',
  blobDeletes: 'blobs deleted',
  pulls: 'images pulled whole',
  gone: 'pulls that a delete ended',
  listings: 'listings of tags and referrers',
  late: 'pushes slower than the lease, repeated',
  again: 'requests repeated after a kill',
  lost: 'lost',
  refused: 'MANIFEST_BLOB_UNKNOWN after an acknowledged blob',
  dangling: 'dangling tags',
  errors: 'other errors',
} as const

export type CountName = keyof typeof countTitles
export type Counts = Readonly<Record<CountName, number>>
/** Any of these above 0 is a failure of the registry. */
const faults = ['lost', 'refused', 'dangling', 'errors'] as const
export type Fault = (typeof faults)[number]

export function faultsIn(counts: Counts): number {
  return faults.reduce((sum, fault) => sum + counts[fault], 0)
}

export const countNames = Object.keys(countTitles) as CountName[]

export function sumOf(all: readonly Counts[]): Counts {
  const sum = (name: CountName): number => all.reduce((total, counts) => total + counts[name], 0)
  return Object.fromEntries(countNames.map((name) => [name, sum(name)])) as Record<CountName, number>
}

/** Where a client, or who looks at the end, writes down what happened. */
export class Tally {
  readonly counts: Record<CountName, number> = { ...sumOf([]) }
  #messages: string[] = []

  add(name: CountName, by = 1): void {
    this.counts[name] += by
  }

  fail(name: Fault, message: string): void {
    this.add(name)
    if (this.counts[name] <= mostMessages) this.#messages.push(`${name}: ${message}`)
  }

  /** What was said of faults since the last time; only the first ones of a kind are told. */
  takeMessages(): string[] {
    const taken = this.#messages
    this.#messages = []
    return taken
  }
}

const mostMessages = 20
