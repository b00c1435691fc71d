import { ByteSpool } from './byte-spool.ts'
import type { LayerPath } from './entry.ts'
import { ByteWriter } from './index-bytes.ts'

const pieceSize = 64 * 1024

/** Paths as an index stores a list of them, encoded as they come. */
export class PathList {
  length = 0
  readonly #spool: ByteSpool
  readonly #writer = new ByteWriter()

  /** A long list goes to the disk, in `folder`; without one it stays in memory. */
  constructor(folder: string | undefined) {
    this.#spool = new ByteSpool(folder)
  }

  /** Bytes of the list so far. */
  get size(): number {
    return this.#spool.size
  }

  add(path: LayerPath): void {
    this.#writer.text(path)
    this.#spool.append(this.#writer.view())
    this.length++
  }

  /** The encoded list in pieces, each in memory of its own. */
  *pieces(): Generator<Buffer> {
    this.#writer.varint(this.length)
    yield this.#writer.take()
    for (let at = 0; at < this.size; at += pieceSize) {
      yield Buffer.from(this.#spool.read(at, Math.min(pieceSize, this.size - at)))
    }
  }

  /** To be called at the end of the use: nothing is left on the disk. */
  close(): void {
    this.#spool.close()
  }
}
