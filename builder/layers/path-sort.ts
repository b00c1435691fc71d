import { ByteSpool } from './byte-spool.ts'
import { Heap } from './heap.ts'
import { ByteReader, ByteWriter } from './index-bytes.ts'

/** Keys sorted at once, and their characters. */
const mostKeys = 1 << 16
const mostCharacters = 8 << 20
/** Bytes of a run that are at hand while runs are merged. */
const chunkSize = 32 * 1024

/** A text, one byte a character, to be sorted by its bytes, and the number that it stands for. */
export interface SortKey {
  readonly key: string
  readonly number: number
}

/**
 * The numbers of any many keys, no two the same, in the order of their keys: sorted in runs that lie in a file in `folder`,
 * and merged.
 */
export function* sortKeys(
  keys: Iterable<SortKey>,
  folder: string | undefined,
  runKeys = mostKeys,
): Generator<number, void, undefined> {
  for (const { number } of sorted(keys, folder, runKeys)) yield number
}

/** Any many texts, one byte a character, no two the same, in the order of their bytes; as {@link sortKeys}. */
export function* sortTexts(texts: Iterable<string>, folder: string | undefined): Generator<string, void, undefined> {
  function* keys(): Generator<SortKey> {
    for (const key of texts) yield { key, number: 0 }
  }
  for (const { key } of sorted(keys(), folder, mostKeys)) yield key
}

/** Each is valid until the next. */
function* sorted(
  keys: Iterable<SortKey>,
  folder: string | undefined,
  runKeys: number,
): Generator<SortKey, void, undefined> {
  const runs = new Runs(folder)
  try {
    let [run, characters]: [SortKey[], number] = [[], 0]
    for (const key of keys) {
      run.push(key)
      characters += key.key.length
      if (run.length < runKeys && characters < mostCharacters) continue
      runs.add(run)
      run = []
      characters = 0
    }
    runs.add(run)
    yield* runs.merged()
  } finally {
    runs.close()
  }
}

class Runs {
  readonly #spool: ByteSpool
  readonly #writer = new ByteWriter()
  readonly #starts: number[] = []
  #longest = 0

  constructor(folder: string | undefined) {
    this.#spool = new ByteSpool(folder)
  }

  /** A key is written without what it shares with the one before. */
  add(run: SortKey[]): void {
    run.sort((a, b) => (a.key < b.key ? -1 : 1))
    this.#starts.push(this.#spool.size)
    let previous = ''
    for (const { key, number } of run) {
      const shared = sharedLength(previous, key)
      this.#writer.varint(number)
      this.#writer.varint(shared)
      this.#writer.text(key, shared)
      const bytes = this.#writer.view()
      this.#longest = Math.max(this.#longest, bytes.length)
      this.#spool.append(bytes)
      previous = key
    }
  }

  *merged(): Generator<SortKey, void, undefined> {
    const cursors = this.#starts.map((start, i) => {
      const end = this.#starts[i + 1] ?? this.#spool.size
      return new Cursor({ spool: this.#spool, start, end, longest: this.#longest })
    })
    const heap = new Heap(
      cursors.filter((cursor) => cursor.next()),
      (a, b) => a.key < b.key,
    )
    for (let head = heap.head; head !== undefined; head = heap.head) {
      yield head
      if (head.next()) heap.moved()
      else heap.dropHead()
    }
  }

  close(): void {
    this.#spool.close()
  }
}

interface Run {
  readonly spool: ByteSpool
  readonly start: number
  readonly end: number
  /** Bytes of the longest key of all runs. */
  readonly longest: number
}

class Cursor {
  key = ''
  number = 0
  readonly #run: Run
  #next: number
  readonly #chunk: Buffer
  #reader = new ByteReader(Buffer.alloc(0))

  constructor(run: Run) {
    this.#run = run
    this.#next = run.start
    this.#chunk = Buffer.allocUnsafeSlow(Math.min(run.end - run.start, Math.max(chunkSize, 2 * run.longest)))
  }

  /** Moves to the next key; false when there is none. */
  next(): boolean {
    if (this.#reader.left < this.#run.longest && this.#next < this.#run.end) this.#fill()
    if (this.#reader.left === 0) return false
    this.number = this.#reader.varint()
    const shared = this.#reader.varint()
    this.key = this.key.slice(0, shared) + this.#reader.text()
    return true
  }

  #fill(): void {
    const start = this.#next - this.#reader.left
    const length = Math.min(this.#run.end - start, this.#chunk.length)
    this.#run.spool.read(start, length).copy(this.#chunk)
    this.#reader = new ByteReader(this.#chunk, 0, length)
    this.#next = start + length
  }
}

function sharedLength(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  let i = 0
  while (i < length && a.charCodeAt(i) === b.charCodeAt(i)) i++
  return i
}
