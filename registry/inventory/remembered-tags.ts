import { Recent } from '../../shared/base/recent.ts'
import type { Change, RowStore } from '../../shared/rows/row-store.ts'
import { manifestRows, tagRows } from '../storage/rows.ts'
import { type ContentListener, changedRows } from './changes.ts'
import { type LedTags, ledTags } from './led-tags.ts'
import type { ManifestLook } from './manifest-facts.ts'
import { TagRange } from './tag-range.ts'

export interface RememberedTagsParts {
  readonly metadata: Pick<RowStore, 'list'>
  readonly look: ManifestLook
  /** Rows that are remembered of all repositories together, and of one. */
  readonly most?: readonly [all: number, ofOne: number] | undefined
}

/** What is given as soon as its rows are read: what they lead to comes later, and need not be waited for. */
export interface TagPage {
  readonly led: Promise<LedTags>
}

interface Repository {
  /** Of ranges that are one behind the other, and have all tags. */
  readonly first: TagRange
  /** As it was counted last. */
  weight: number
  /** As the last reader found it, so that the next one need not try. */
  isTooLarge: boolean
}

/** Where a reader is: in a range, behind a key. */
interface Place {
  readonly range: TagRange
  readonly after: string | undefined
}

interface Read extends TagPage {
  readonly rows: number
  /** The next one; undefined: no more. */
  readonly place: Place | undefined
}

const usualMost = [200_000, 150_000] as const
const pageSize = 1000

/**
 * What all tags of repositories lead to. What was read is remembered until it is said to have changed: then a page is read again, not all.
 * Of a repository that has too many tags nothing is.
 */
export class RememberedTags implements ContentListener {
  readonly #parts: RememberedTagsParts
  readonly #mostOfOne: number
  readonly #known: Recent<string, Repository>
  #isSuspended = false

  constructor(parts: RememberedTagsParts) {
    this.#parts = parts
    const [all, ofOne] = parts.most ?? usualMost
    this.#mostOfOne = ofOne
    this.#known = new Recent(all, ({ weight }) => weight)
  }

  changed(change: Change): void {
    for (const { name, key } of changedRows(change, tagRows.prefix()))
      for (const range of rangesOf(this.#known.peek(name))) if (range.has(key)) range.forget()
    for (const { name, last } of changedRows(change, manifestRows.prefix()))
      for (const range of rangesOf(this.#known.peek(name))) if (range.awaits(last)) range.forget()
  }

  suspend(): void {
    this.#isSuspended = true
    this.#known.clear()
  }

  resume(): void {
    this.#isSuspended = false
  }

  /** In byte order, up to a thousand each. */
  async *pages(name: string): AsyncGenerator<TagPage> {
    const repository = this.#known.get(name) ?? { first: new TagRange(), weight: 1, isTooLarge: false }
    this.#known.set(name, repository) // so that it is told of changes
    let rows = 0
    try {
      for (let place: Place | undefined = { range: repository.first, after: undefined }; place !== undefined; ) {
        const page: Read = remembered(place) ?? (await this.#read(name, repository, place))
        yield page
        rows += page.rows
        place = page.place
      }
      repository.isTooLarge &&= rows > this.#mostOfOne
    } finally {
      this.#weigh(name, repository)
    }
  }

  async #read(name: string, repository: Repository, { range, after }: Place): Promise<Read> {
    const { version } = range
    const prefix = tagRows.prefix(name)
    const rows = await this.#parts.metadata.list({ prefix, limit: pageSize, ...(after !== undefined && { after }) })
    const { upTo } = range
    const own = upTo === undefined ? rows : rows.filter(({ key }) => key <= upTo)
    const end = own.length < pageSize ? upTo : own.at(-1)?.key
    const led = ledTags(this.#parts.look, name, own)
    const isAsRead = range.from === after && range.version === version
    if (isAsRead && !this.#isSuspended && !this.#isBeyond(repository, own.length)) {
      range.endAt(end)
      range.remember(led, own.length)
    }
    led.catch(() => undefined) // whoever asks for it is told
    return { led, rows: own.length, place: behind(range, end) }
  }

  #isBeyond(repository: Repository, size: number): boolean {
    if (repository.isTooLarge) return true
    if (weightOf(repository) + size <= this.#mostOfOne) return false
    repository.isTooLarge = true
    for (const range of rangesOf(repository)) range.forget()
    return true
  }

  /** What weighs something else is not in the list meanwhile. */
  #weigh(name: string, repository: Repository): void {
    if (this.#known.peek(name) !== repository) return
    this.#known.delete(name)
    repository.weight = weightOf(repository)
    this.#known.set(name, repository)
  }
}

function remembered({ range, after }: Place): Read | undefined {
  const led = range.from === after ? range.led : undefined
  return led && { led, rows: range.size, place: behind(range, range.upTo) }
}

function behind(range: TagRange, end: string | undefined): Place | undefined {
  if (end === undefined) return undefined
  for (const next of rangesFrom(range))
    if (next.upTo === undefined || next.upTo > end) return { range: next, after: end }
  return undefined
}

function rangesOf(repository: Repository | undefined): Iterable<TagRange> {
  return rangesFrom(repository?.first)
}

function* rangesFrom(first: TagRange | undefined): Generator<TagRange> {
  for (let range = first; range !== undefined; range = range.next) yield range
}

/** A range with nothing in it costs as much as ten rows. */
function weightOf(repository: Repository): number {
  let weight = 10
  for (const { size } of rangesOf(repository)) weight += size + 10
  return weight
}
