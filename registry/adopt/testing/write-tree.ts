import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { algorithmOf, type Digest, digestOf, hexOf } from '../../../shared/base/digest.ts'
import type { Artifact } from '../../service/testing/images.ts'

/** Writes the storage of a registry as distribution lays it out. */
export interface TreeWriter {
  /** The folder `docker/registry/v2`. */
  readonly root: string
  /** The file with the bytes of a blob. */
  dataOf(digest: Digest): string
  linkOf(name: string, kind: '_layers' | '_manifests/revisions', digest: Digest): string
  tagOf(name: string, tag: string): string
  blob(name: string, bytes: Buffer): Digest
  /** With its blobs, under these tags. */
  push(name: string, artifact: Artifact, tags?: readonly string[]): Digest
  write(path: string, content: string | Buffer): void
  remove(path: string): void
}

/** An empty tree below `folder`. */
export function writeTree(folder: string): TreeWriter {
  const root = join(folder, 'docker/registry/v2')
  for (const name of ['blobs/sha256', 'repositories']) mkdirSync(join(root, name), { recursive: true })
  const write: TreeWriter['write'] = (path, content) => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }
  const inBlobs = (digest: Digest): string => {
    const hex = hexOf(digest)
    return join(root, 'blobs', algorithmOf(digest), hex.slice(0, 2), hex, 'data')
  }
  const linkOf: TreeWriter['linkOf'] = (name, kind, digest) =>
    join(root, 'repositories', name, kind, algorithmOf(digest), hexOf(digest), 'link')
  const tagOf = (name: string, tag: string): string =>
    join(root, 'repositories', name, '_manifests/tags', tag, 'current/link')
  const blob: TreeWriter['blob'] = (name, bytes) => {
    const digest = digestOf(bytes)
    write(inBlobs(digest), bytes)
    write(linkOf(name, '_layers', digest), digest)
    return digest
  }
  return {
    root,
    dataOf: inBlobs,
    linkOf,
    tagOf,
    blob,
    push: (name, { digest, bytes, blobs }, tags = []) => {
      for (const each of blobs) blob(name, each)
      write(inBlobs(digest), bytes)
      write(linkOf(name, '_manifests/revisions', digest), digest)
      for (const tag of tags) {
        write(tagOf(name, tag), digest)
        write(join(dirname(dirname(tagOf(name, tag))), 'index', algorithmOf(digest), hexOf(digest), 'link'), digest)
      }
      return digest
    },
    write,
    remove: (path) => rmSync(path, { recursive: true, force: true }),
  }
}
