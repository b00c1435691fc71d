import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import { temporaryDir } from '../../layers/testing/temporary.ts'
import type { FileTree } from '../../layers/tree.ts'
import { openDirectoryContext } from '../directory.ts'
import type { HashRecord } from '../hash-block.ts'
import { openHashFile } from '../hash-cache-file.ts'
import type { BuildContext } from '../types.ts'

export interface Place {
  readonly root: string
  readonly cache: string
}

/** A context directory with files, and a place for its hashes. */
export function place(t: ExecutionContext, files: Readonly<Record<string, string>> = {}): Place {
  const dir = temporaryDir(t)
  const root = join(dir, 'context')
  mkdirSync(root)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true })
    writeFileSync(join(root, name), content)
  }
  return { root, cache: join(dir, 'data', 'hashes') }
}

export function open({ root, cache }: Place, dockerfile?: string): BuildContext {
  return openDirectoryContext({ root, dockerfile, hashCacheFile: cache })
}

/** All paths, each directory before what is in it. */
export function walk(tree: FileTree, directory = ''): string[] {
  return tree.list(directory).flatMap((name) => {
    const path = directory === '' ? name : `${directory}/${name}`
    return [path, ...walk(tree, path)]
  })
}

export async function read(tree: FileTree, path: string): Promise<string> {
  const pieces: Uint8Array[] = []
  for await (const piece of tree.open(path)) pieces.push(piece)
  return Buffer.concat(pieces).toString('latin1')
}

/** Longer than any clock tick, so that what was written before is settled. */
export const settle = (): Promise<void> => setTimeout(60)

/** What is remembered of a place, in order. */
export function remembered({ cache }: Place): readonly HashRecord[] {
  const file = openHashFile(cache)
  try {
    return [...(file?.records() ?? [])]
  } finally {
    file?.close()
  }
}
