import fs from 'node:fs'
import { IbuildError } from '../../shared/base/errors.ts'
import { lgetxattr } from '../../shared/sys/native.ts'

/** What a name is in the merged tree of stacked folders. */
export interface MergedNode {
  readonly kind: 'dir' | 'file' | 'symlink' | 'other'
  /** Host path of what is seen; for a directory that of the topmost folder, whose metadata counts. */
  readonly hostPath: Buffer
  /** Directory: the host paths that are merged into it, the topmost first. */
  readonly parts: readonly Buffer[]
}

/** A path without symlinks in its directories, and the node there; the node is undefined when nothing is there. */
export interface Resolved {
  readonly components: readonly string[]
  readonly node: MergedNode | undefined
}

const maxLinks = 40

/**
 * Looks names up in folders stacked as overlayfs stacks them (whiteouts and opaque directories as it writes them),
 * without mounting. Names are latin1. Links never lead out of the stack.
 */
export class MergedView {
  readonly #root: MergedNode

  /** `lowers` as for a RUN: the lowest first. */
  constructor(lowers: readonly string[]) {
    const parts = lowers.map((lower) => Buffer.from(lower)).toReversed()
    this.#root = { kind: 'dir', hostPath: parts[0] ?? Buffer.alloc(0), parts }
  }

  /** The root directory; it has no parts when nothing is stacked. */
  get root(): MergedNode {
    return this.#root
  }

  /**
   * Follows the symlinks of all directories on the way to `path` (absolute), not one at its end. Directories that are
   * missing are kept as named. RUNTIME_FAILED when something on the way is not a directory, or links go in circles.
   */
  resolve(path: string): Resolved {
    const pending = path.split('/').toReversed()
    const components: string[] = []
    const nodes: (MergedNode | undefined)[] = [this.#root]
    for (let links = 0; pending.length > 0; ) {
      const name = pending.pop()
      if (name === undefined || name === '' || name === '.') continue
      if (name === '..') {
        if (components.pop() !== undefined) nodes.pop()
        continue
      }
      const node = this.#child(nodes.at(-1), name)
      if (node?.kind === 'symlink' && pending.some(isName)) {
        if (++links > maxLinks) throw cannotProvide(path, 'too many symbolic links')
        const target = fs.readlinkSync(node.hostPath, 'latin1')
        if (target.startsWith('/')) {
          components.length = 0
          nodes.length = 1
        }
        pending.push(...target.split('/').toReversed())
        continue
      }
      if (node !== undefined && node.kind !== 'dir' && pending.some(isName)) {
        throw cannotProvide(path, `/${[...components, name].join('/')} is not a directory`)
      }
      components.push(name)
      nodes.push(node)
    }
    return { components, node: nodes.at(-1) }
  }

  /** The node at `components`, which contain no symlink but perhaps the last. */
  lookup(components: readonly string[]): MergedNode | undefined {
    let node: MergedNode | undefined = this.#root
    for (const name of components) node = this.#child(node, name)
    return node
  }

  #child(parent: MergedNode | undefined, name: string): MergedNode | undefined {
    if (parent?.kind !== 'dir') return undefined
    const parts: Buffer[] = []
    for (const part of parent.parts) {
      const hostPath = Buffer.concat([part, Buffer.from(`/${name}`, 'latin1')])
      const stat = fs.lstatSync(hostPath, { throwIfNoEntry: false })
      if (stat === undefined) continue
      if (stat.isCharacterDevice() && stat.rdev === 0) break
      if (!stat.isDirectory()) {
        if (parts.length > 0) break
        return { kind: kindOf(stat), hostPath, parts: [] }
      }
      parts.push(hostPath)
      if (lgetxattr(hostPath, 'trusted.overlay.opaque')?.toString() === 'y') break
    }
    const [top] = parts
    return top === undefined ? undefined : { kind: 'dir', hostPath: top, parts }
  }
}

function isName(text: string): boolean {
  return text !== '' && text !== '.'
}

function kindOf(stat: fs.Stats): MergedNode['kind'] {
  if (stat.isFile()) return 'file'
  return stat.isSymbolicLink() ? 'symlink' : 'other'
}

function cannotProvide(path: string, why: string): IbuildError {
  return new IbuildError('RUNTIME_FAILED', `cannot provide ${path} in the container: ${why}`)
}
