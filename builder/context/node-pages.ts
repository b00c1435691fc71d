import { randomUUID } from 'node:crypto'
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolders, mapDiskFullSync } from '../../shared/cas/disk.ts'

/** Nodes in a page. */
export const nodesPerPage = 256
export const numbersPerNode = 6

const bytesPerNode = 8 * (numbersPerNode + 2) + 32
/** Pages that stay in memory: 6 MiB, some 65 000 nodes. */
const defaultKept = 256

/** What is known of some nodes, as columns: a node has its place in them, see {@link NodePages.page}. */
export interface NodePage {
  readonly bytes: Buffer
  readonly numbers: Float64Array
  readonly mtimes: BigInt64Array
  readonly extras: Float64Array
  readonly hashes: Buffer
  /** The same bytes. */
  readonly hashWords: Int32Array
}

interface Slot {
  /** The number of the page that is here. */
  number: number
  /** Whether it was asked for since the last search for a free slot. */
  isUsed: boolean
  readonly page: NodePage
}

/**
 * Columns of fixed width by number of the node. Pages that were not used of late go to a file without a name: nothing is left of it
 * when the process ends, however it does. DISK_FULL when there is no space for it.
 */
export class NodePages {
  readonly #folder: string
  readonly #kept: number
  /** By number of the page: what it holds, when it is in memory. */
  readonly #inMemory: (Slot | undefined)[] = []
  readonly #slots: Slot[] = []
  #hand = 0
  #fd: number | undefined

  /** `folder` is where the file goes; it is made when missing. */
  constructor(folder: string, kept = defaultKept) {
    this.#folder = folder
    this.#kept = kept
  }

  /** The page of a node, whose place in it is the rest of its number by {@link nodesPerPage}. Valid until the next call. */
  page(node: number): NodePage {
    const number = Math.floor(node / nodesPerPage)
    const slot = this.#inMemory[number] ?? this.#load(number)
    slot.isUsed = true
    return slot.page
  }

  /** Ends the use; nothing is left on the disk. */
  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }

  #load(number: number): Slot {
    const isNew = number >= this.#inMemory.length
    while (this.#inMemory.length <= number) this.#inMemory.push(undefined)
    const slot = this.#freeSlot()
    if (isNew || this.#fd === undefined) slot.page.bytes.fill(0)
    else readPage(this.#fd, slot.page.bytes, number)
    slot.number = number
    this.#inMemory[number] = slot
    return slot
  }

  #freeSlot(): Slot {
    if (this.#slots.length < this.#kept) {
      const slot = { number: -1, isUsed: false, page: newPage() }
      this.#slots.push(slot)
      return slot
    }
    for (;;) {
      this.#hand = (this.#hand + 1) % this.#slots.length
      const slot = this.#slots[this.#hand]
      if (slot === undefined) throw new RangeError('no page may be in memory')
      if (!slot.isUsed) return this.#evict(slot)
      slot.isUsed = false
    }
  }

  #evict(slot: Slot): Slot {
    mapDiskFullSync(() => {
      this.#fd ??= openNameless(this.#folder)
      const { bytes } = slot.page
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.#fd, bytes, done, bytes.length - done, slot.number * bytes.length + done)
      }
    })
    this.#inMemory[slot.number] = undefined
    return slot
  }
}

function newPage(): NodePage {
  const bytes = Buffer.alloc(nodesPerPage * bytesPerNode)
  const memory = bytes.buffer
  const [numbers, words] = [nodesPerPage * numbersPerNode, nodesPerPage * 8]
  return {
    bytes,
    numbers: new Float64Array(memory, 0, numbers),
    mtimes: new BigInt64Array(memory, numbers * 8, nodesPerPage),
    extras: new Float64Array(memory, numbers * 8 + words, nodesPerPage),
    hashes: Buffer.from(memory, numbers * 8 + 2 * words, nodesPerPage * 32),
    hashWords: new Int32Array(memory, numbers * 8 + 2 * words, nodesPerPage * 8),
  }
}

/** A page that was in memory but never written out cannot be asked for here; one beyond the end of the file is empty. */
function readPage(fd: number, bytes: Buffer, number: number): void {
  for (let done = 0; done < bytes.length; ) {
    const count = readSync(fd, bytes, done, bytes.length - done, number * bytes.length + done)
    if (count === 0) {
      bytes.fill(0, done)
      return
    }
    done += count
  }
}

function openNameless(folder: string): number {
  makeFolders(folder)
  const file = join(folder, `nodes-${randomUUID()}`)
  const fd = openSync(file, 'wx+', 0o600)
  rmSync(file)
  return fd
}
