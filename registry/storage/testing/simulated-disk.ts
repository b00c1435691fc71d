import { dirname } from 'node:path'
import type { Files, OpenFile } from '../files.ts'

/** Content as a program sees it, and as it is on the disk for sure. */
interface Inode {
  content: Uint8Array
  synced: Uint8Array
  links: number
}

/** A change of names, in the order in which they were made. */
interface Change {
  readonly folders: readonly string[]
  readonly apply: (names: Map<string, Inode | 'folder'>) => void
  isSynced: boolean
}

/** Numbers from 0 to before 1, from a seed: the same ones each time. */
export type Random = () => number

/** The power was cut: nothing that this process asks for is done any more. */
export class PowerCut extends Error {
  override readonly name = 'PowerCut'
}

/**
 * A filesystem in memory whose power can be cut. Then, as worst: content that was not synced is what it was, or cut short, or
 * zeros, or there; and of the changes of names those are kept whose folder was synced, and of the others a part, chosen by
 * chance, of which the first come first or none do.
 */
export class SimulatedDisk {
  #names = atFirst()
  #durable = atFirst()
  #changes: Change[] = []
  /** Called before each system call; may throw what it is to fail with. */
  onCall: (call: string, path: string) => void = () => undefined
  /** System calls until now. */
  calls = 0

  /** What is there after a power cut; `random` chooses of what may have been lost. Programs must be started anew. */
  cut(random: Random): SimulatedDisk {
    const after = new SimulatedDisk()
    const kept = random() < 0.5 ? 0 : Math.floor(random() * (this.#changes.length + 1))
    for (const [n, change] of this.#changes.entries()) if (change.isSynced || n < kept) change.apply(this.#durable)
    const copies = new Map<Inode, Inode>()
    for (const [path, node] of this.#durable) {
      if (!isReached(path, this.#durable)) continue
      if (node === 'folder') after.#names.set(path, node)
      else {
        const copy = copies.get(node) ?? leftOf(node, random)
        copies.set(node, copy)
        copy.links++
        after.#names.set(path, copy)
      }
    }
    after.#durable = new Map(after.#names)
    return after
  }

  /** All names of files, sorted. */
  list(): string[] {
    return [...this.#names].flatMap(([path, node]) => (node === 'folder' ? [] : [path])).sort()
  }

  readonly files: Files = {
    open: async (path, how) => {
      this.#call(`open ${how}`, path)
      const there = this.#names.get(path)
      if (how === 'create') return this.#openFile(path, this.#create(path))
      return there === undefined || there === 'folder' ? undefined : this.#openFile(path, there)
    },
    size: async (path) => {
      const node = this.#names.get(path)
      return node === undefined || node === 'folder' ? undefined : node.content.byteLength
    },
    makeFolder: async (path) => {
      this.#call('mkdir', path)
      if (this.#names.has(path)) return
      this.#need(dirname(path))
      this.#change([dirname(path)], (names) => void names.set(path, 'folder'))
    },
    link: async (from, to) => {
      this.#call('link', to)
      const node = this.#need(from)
      this.#need(dirname(to))
      if (this.#names.has(to)) throw failure('EEXIST')
      if (node !== 'folder') node.links++
      this.#change([dirname(to)], (names) => void names.set(to, node))
    },
    copy: async (from, to) => {
      this.#call('copy', to)
      const node = this.#need(from)
      if (node !== 'folder') this.#create(to).content = node.content.slice()
    },
    rename: async (from, to) => {
      this.#call('rename', to)
      const node = this.#need(from)
      this.#need(dirname(to))
      const replaced = this.#names.get(to)
      if (replaced !== undefined && replaced !== 'folder') replaced.links--
      this.#change([dirname(from), dirname(to)], (names) => {
        names.delete(from)
        names.set(to, node)
      })
    },
    remove: async (path) => {
      this.#call('unlink', path)
      const node = this.#names.get(path)
      if (node === undefined || node === 'folder') return false
      node.links--
      this.#change([dirname(path)], (names) => void names.delete(path))
      return true
    },
    removeFolder: async (path) => {
      this.#call('rmdir', path)
      if ([...this.#names.keys()].some((name) => dirname(name) === path)) return
      this.#change([dirname(path)], (names) => void names.delete(path))
    },
    list: async (folder) =>
      [...this.#names.keys()].filter((path) => dirname(path) === folder).map((path) => path.slice(folder.length + 1)),
    syncFolder: async (path) => {
      this.#call('fsync', path)
      this.#need(path)
      for (const change of this.#changes) if (change.folders.includes(path)) change.isSynced = true
    },
    space: async () => ({ free: 1e12, total: 1e12 }),
  }

  #call(call: string, path: string): void {
    this.calls++
    this.onCall(call, path)
  }

  #need(path: string): Inode | 'folder' {
    const node = this.#names.get(path)
    if (node === undefined) throw failure('ENOENT')
    return node
  }

  #change(folders: readonly string[], apply: Change['apply']): void {
    apply(this.#names)
    this.#changes.push({ folders, apply, isSynced: false })
  }

  #create(path: string): Inode {
    this.#need(dirname(path))
    if (this.#names.has(path)) throw failure('EEXIST')
    const node: Inode = { content: new Uint8Array(), synced: new Uint8Array(), links: 1 }
    this.#change([dirname(path)], (names) => void names.set(path, node))
    return node
  }

  #openFile(path: string, node: Inode): OpenFile {
    return {
      look: () => ({ size: node.content.byteLength, isNamed: node.links > 0, isShared: node.links > 1 }),
      read: async (target, position) => {
        const part = node.content.subarray(position, position + target.byteLength)
        target.set(part)
        return part.byteLength
      },
      write: async (bytes, position) => {
        this.#call('write', path)
        const content = new Uint8Array(Math.max(node.content.byteLength, position + bytes.byteLength))
        content.set(node.content)
        content.set(bytes, position)
        node.content = content
        return bytes.byteLength
      },
      truncate: async (size) => {
        this.#call('truncate', path)
        node.content = node.content.slice(0, size)
      },
      startWriteBack: async () => undefined,
      sync: async () => {
        const { content } = node
        this.#call('fdatasync', path)
        node.synced = content
      },
      close: async () => undefined,
    }
  }
}

function atFirst(): Map<string, Inode | 'folder'> {
  return new Map([
    ['/', 'folder'],
    ['/data', 'folder'],
  ])
}

/** False below a folder that was lost. */
function isReached(path: string, names: ReadonlyMap<string, unknown>): boolean {
  return path === '/' || (names.has(path) && isReached(dirname(path), names))
}

/** What of a file's content a power cut leaves; nameless as yet. */
function leftOf({ content, synced }: Inode, random: Random): Inode {
  const sure = Math.min(synced.byteLength, content.byteLength)
  const cutShort = content.slice(0, sure + Math.floor(random() * (content.byteLength - sure + 1)))
  const choices = [synced, content, cutShort, zeroed(content, synced)]
  const left = content === synced ? synced : (choices[Math.floor(random() * choices.length)] ?? synced)
  return { content: left, synced: left, links: 0 }
}

/** The size came to the disk, the bytes did not. */
function zeroed(content: Uint8Array, synced: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(content.byteLength)
  bytes.set(synced.subarray(0, content.byteLength))
  return bytes
}

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: simulated`), { code })
}

/** A small generator of numbers that look random (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
