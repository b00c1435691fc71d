import { byteColumn, type Column } from './columns.ts'
import type { LayerPath } from './entry.ts'
import { PagePool } from './page-pool.ts'
import { PathTable } from './path-table.ts'

const isNamed = 1
const isOwn = 2

/** The paths that hardlinks of a layer name, each once, and which of them have an entry in that layer. */
export class LinkPaths {
  /** How many there are. */
  size = 0
  /** Bytes of all of them. */
  bytes = 0
  readonly #pool: PagePool
  readonly #paths: PathTable
  /** By number of the path; directories on the way to one have nothing. */
  readonly #flags: Column<Uint8Array>

  /** `folder` takes what becomes much; without it all stays in memory. */
  constructor(folder: string | undefined) {
    this.#pool = new PagePool(folder)
    this.#paths = new PathTable(this.#pool)
    this.#flags = byteColumn(this.#pool)
  }

  /** To be called at the end of the use: nothing is left on the disk. */
  close(): void {
    this.#pool.close()
  }

  add(path: LayerPath): void {
    const number = this.#paths.intern(path)
    if (this.#flags.get(number) === isNamed) return
    this.#flags.set(number, isNamed)
    this.size++
    this.bytes += path.length
  }

  /** A path has an entry in the layer. */
  setOwn(path: LayerPath): void {
    this.#flags.set(this.#paths.find(path), isNamed | isOwn)
  }

  /** All, in order. */
  all(): Generator<LayerPath> {
    return this.#with(() => true)
  }

  /** Those that have an entry in the layer, in order. */
  own(): Generator<LayerPath> {
    return this.#with((flags) => (flags & isOwn) !== 0)
  }

  /** Those that have none, in order. */
  foreign(): Generator<LayerPath> {
    return this.#with((flags) => (flags & isOwn) === 0)
  }

  *#with(isWanted: (flags: number) => boolean): Generator<LayerPath> {
    if (this.size === 0) return
    for (const number of this.#paths.ordered()) {
      const flags = this.#flags.get(number) ?? 0
      if (flags !== 0 && isWanted(flags)) yield this.#paths.path(number)
    }
  }
}
