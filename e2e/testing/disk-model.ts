/**
 * What a power cut leaves at worst, worked out from a log of system calls: the content of a file counts from its `fsync`
 * on, a name from the `fsync` of its folder on. Everything else may be lost, whatever order it was done in.
 */
export class DiskModel {
  readonly #nodes = new Map<string, Node>()

  /** Applies one call; returns the paths that it made visible. */
  apply({ call, args, result }: DiskCall): string[] {
    if (result.startsWith('-1')) return []
    const [first = '', second = ''] = [...args.matchAll(/"([^"]*)"/g)].map(([, text]) => text ?? '')
    if (call === 'openat') return /O_CREAT/.test(args) ? this.#create(first, { synced: true }) : []
    if (call === 'mkdir') return this.#create(first, { synced: true })
    if (call === 'rename') return this.#move(first, second)
    if (call === 'link') return this.#create(second, this.#nodes.get(first)?.content)
    if (call === 'unlink' || call === 'rmdir') this.#nodes.delete(first)
    const opened = /^\d+<([^>]*)>/.exec(args)?.[1] ?? ''
    if (/^p?write/.test(call)) this.#touch(opened)
    if (call.endsWith('sync')) this.#sync(opened)
    if (call === 'syncfs') for (const path of this.#nodes.keys()) this.#sync(path)
    return []
  }

  /** Paths below `folder`, itself included, that a power cut may take or damage. */
  endangered(folder: string): string[] {
    return [...this.#nodes.keys()].filter((path) => isBelow(path, folder) && !this.#isSafe(path))
  }

  #isSafe(path: string): boolean {
    const node = this.#nodes.get(path)
    return node === undefined || (node.content.synced && node.named && this.#isSafe(parentOf(path)))
  }

  #create(path: string, content: Content = { synced: true }): string[] {
    if (this.#nodes.has(path)) return []
    this.#nodes.set(path, { content, named: false })
    return [path]
  }

  #move(from: string, to: string): string[] {
    const moved = [...this.#nodes].filter(([path]) => isBelow(path, from))
    for (const path of this.#nodes.keys()) if (isBelow(path, from) || isBelow(path, to)) this.#nodes.delete(path)
    for (const [path, node] of moved) {
      this.#nodes.set(to + path.slice(from.length), { ...node, named: path === from ? false : node.named })
    }
    return [to]
  }

  #touch(path: string): void {
    const node = this.#nodes.get(path)
    if (node !== undefined) node.content.synced = false
  }

  #sync(path: string): void {
    const node = this.#nodes.get(path)
    if (node !== undefined) node.content.synced = true
    for (const [child, childNode] of this.#nodes) {
      if (parentOf(child) === path) this.#nodes.set(child, { ...childNode, named: true })
    }
  }
}

/** Shared by all names of one file. */
interface Content {
  synced: boolean
}

interface Node {
  readonly content: Content
  readonly named: boolean
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}

export interface DiskCall {
  readonly call: string
  readonly args: string
  readonly result: string
}

/** The calls that the model knows. */
export const modelledCalls =
  'openat,mkdir,rename,link,unlink,rmdir,write,pwrite64,writev,pwritev,fsync,fdatasync,syncfs'

/** The calls in a log of `strace -f -y`, each where it ended; what another thread interrupted is put together again. */
export function parseStrace(log: string): DiskCall[] {
  const begun = new Map<string, string>()
  return log.split('\n').flatMap((line) => {
    const [, thread = '', text = ''] = /^(\d+) +(.*)$/.exec(line) ?? []
    if (text.endsWith(' <unfinished ...>')) begun.set(thread, text.slice(0, -' <unfinished ...>'.length))
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text)?.[1]
    const whole = resumed === undefined ? text : (begun.get(thread) ?? '') + resumed
    const [, call, args, result] = /^(\w+)\((.*)\) += (.*)$/.exec(whole) ?? []
    return call === undefined || args === undefined || result === undefined ? [] : [{ call, args, result }]
  })
}
