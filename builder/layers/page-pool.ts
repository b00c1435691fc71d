import { randomUUID } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { mapDiskFullSync } from '../../shared/cas/disk.ts'

/** One page of a column, while it is in memory. */
interface Loaded {
  readonly pool: PagePool
  readonly bytes: number
  /** Gives its content up. */
  readonly drop: () => void
}

/** Pages in memory, of all pools of the process, oldest first; those before {@link first} are gone. */
let loaded: Loaded[] = []
let first = 0
let loadedBytes = 0
/** What the pages of all pools together may take of the memory. */
const poolMemory = 32 << 20
let memory = poolMemory

/**
 * Where the pages of columns go when they are too many for the memory: a file that has no name, so that nothing is left of it
 * when the process ends, however it does. The pages that were loaded first go first. All pools share one allowance. DISK_FULL
 * when there is no space.
 */
export class PagePool {
  /** True once a page is not in memory: then looking at one here and one there takes time. */
  hasSpilled = false
  readonly folder: string | undefined
  #fd: number | undefined
  #fileSize = 0
  #isClosed = false

  /** `folder` is made when missing. Without it everything stays in memory. */
  constructor(folder: string | undefined) {
    this.folder = folder
  }

  /** Counts a page that has come into memory. Others may go for it: `drop` is called when its own turn has come. */
  add(bytes: number, drop: () => void): void {
    if (this.folder === undefined || this.#isClosed) return
    loaded.push({ pool: this, bytes, drop })
    loadedBytes += bytes
    while (loadedBytes > memory && first < loaded.length - 1) dropFirst()
  }

  /** Writes a page, to where it was before or to a new place; that place. */
  write(page: NodeJS.ArrayBufferView, place: number | undefined): number {
    this.hasSpilled = true
    const start = place ?? this.#fileSize
    if (place === undefined) this.#fileSize += page.byteLength
    mapDiskFullSync(() => {
      const fd = (this.#fd ??= this.#open())
      for (let done = 0; done < page.byteLength; ) {
        done += writeSync(fd, page, done, page.byteLength - done, start + done)
      }
    })
    return start
  }

  read(page: NodeJS.ArrayBufferView, place: number): void {
    for (let done = 0; done < page.byteLength; ) {
      const count = readSync(this.#fd ?? -1, page, done, page.byteLength - done, place + done)
      if (count === 0) throw new Error('a temporary file was cut short')
      done += count
    }
  }

  /** To be called at the end of the use: nothing is left, in memory or on the disk. */
  close(): void {
    this.#isClosed = true
    loaded = loaded.slice(first).filter(({ pool, bytes }) => {
      if (pool === this) loadedBytes -= bytes
      return pool !== this
    })
    first = 0
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }

  #open(): number {
    const folder = this.folder ?? ''
    mkdirSync(folder, { recursive: true })
    const file = join(folder, `pages-${randomUUID()}`)
    const fd = openSync(file, 'wx+', 0o600)
    rmSync(file)
    return fd
  }
}

function dropFirst(): void {
  const page = loaded[first++]
  if (page === undefined) return
  loadedBytes -= page.bytes
  page.drop()
  if (first < 4096) return
  loaded = loaded.slice(first)
  first = 0
}

/** For tests: what `work` does happens with so many bytes for all pages. */
export function withPoolMemory<T>(bytes: number, work: () => T): T {
  memory = bytes
  try {
    return work()
  } finally {
    memory = poolMemory
  }
}
