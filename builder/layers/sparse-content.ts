import { createReadStream } from 'node:fs'
import { algorithmOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import type { LayerEntry } from './entry.ts'
import { streamHash } from './stream-hash.ts'
import { readTar } from './tar/read.ts'

/**
 * The content of a file that is stored sparse in a tar, holes expanded. The tar is read from its start, because such a
 * file has no offset; the member is found by its digest.
 */
export async function* readSparse(file: string, entry: LayerEntry): AsyncGenerator<Uint8Array> {
  for await (const member of sparseMembers(file, entry)) {
    if (!(await hasDigest(member.body, entry))) continue
    for await (const again of sparseMembers(file, entry)) {
      if (again.number === member.number) return yield* again.body
    }
  }
  throw new IbuildError(
    'DIGEST_MISMATCH',
    `the layer's tar has no file with the content of ${JSON.stringify(entry.path)}`,
  )
}

interface SparseMember {
  readonly number: number
  readonly body: AsyncIterable<Uint8Array>
}

async function* sparseMembers(file: string, wanted: LayerEntry): AsyncGenerator<SparseMember> {
  let number = 0
  for await (const member of readTar(createReadStream(file))) {
    number++
    if (member.kind !== 'entry' || member.entry.type !== 'file') continue
    if (member.entry.dataOffset < 0 && member.entry.size === wanted.size) yield { number, body: member.body }
  }
}

async function hasDigest(body: AsyncIterable<Uint8Array>, entry: LayerEntry): Promise<boolean> {
  if (entry.digest === undefined) return true
  const hasher = streamHash(algorithmOf(entry.digest))
  for await (const piece of body) hasher.update(piece)
  return hasher.digest() === entry.digest
}
