import { join } from 'node:path'
import { IbuildError } from '../../shared/base/errors.ts'
import type { DockerfileSource } from '../build-types.ts'
import { findDockerfileInTree } from '../context/dockerfile-file.ts'
import { memoryFiles } from '../context/memory.ts'
import { openTarContext } from '../context/tar-context.ts'
import { detectCompression } from '../layers/compression.ts'
import { isTar } from '../layers/tar/sniff.ts'
import type { Store } from '../store/types.ts'
import type { BuildInput, DockerfileText } from './build-input.ts'

/** Bytes looked at to tell an archive from a Dockerfile: one tar header. */
const sniffLength = 512
const maxDockerfile = 4 * 1024 * 1024

/** A context from a stream: a tar, or a Dockerfile alone with no files to copy. */
export async function openStreamInput(
  store: Store,
  stream: AsyncIterable<Uint8Array>,
  source: DockerfileSource,
): Promise<BuildInput> {
  const { first, all } = await peek(stream)
  const isArchive = isTar(first) || detectCompression(first) !== 'none'
  return isArchive ? archiveInput(store, all, source) : textInput(all, source)
}

/** Reads until enough is there to tell; gives the start and the whole. */
async function peek(stream: AsyncIterable<Uint8Array>): Promise<{ first: Buffer; all: AsyncIterable<Uint8Array> }> {
  const iterator = stream[Symbol.asyncIterator]()
  const chunks: Uint8Array[] = []
  for (let size = 0; size < sniffLength; ) {
    const next = await iterator.next()
    if (next.done === true) break
    chunks.push(next.value)
    size += next.value.length
  }
  const rest: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => iterator }
  return { first: Buffer.concat(chunks), all: concat(chunks, rest) }
}

async function* concat(first: readonly Uint8Array[], rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* first
  yield* rest
}

async function archiveInput(
  store: Store,
  bytes: AsyncIterable<Uint8Array>,
  source: DockerfileSource,
): Promise<BuildInput> {
  const folder = await store.temp('context')
  try {
    const context = await openTarContext(bytes, { temporary: join(folder.dir, 'files') })
    const close = async (): Promise<void> => {
      context.close()
      await folder.release()
    }
    if (source.kind === 'bytes')
      return { context, dockerfile: { bytes: source.bytes, file: 'Dockerfile (stdin)' }, close }
    const found = await findDockerfileInTree(context, source.kind === 'path' ? source.path : undefined)
    return { context, dockerfile: { bytes: found.bytes, file: found.name }, close }
  } catch (error) {
    await folder.release()
    throw error
  }
}

async function textInput(bytes: AsyncIterable<Uint8Array>, source: DockerfileSource): Promise<BuildInput> {
  if (source.kind !== 'default') {
    throw new IbuildError('USAGE', 'stdin is not an archive, and the Dockerfile was named with -f', {
      hint: 'Pipe a tar of the context, or name a folder as context.',
    })
  }
  const context = memoryFiles([], 0n)
  return { context, dockerfile: await readText(bytes), close: async () => context.close() }
}

async function readText(bytes: AsyncIterable<Uint8Array>): Promise<DockerfileText> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of bytes) {
    size += chunk.length
    if (size > maxDockerfile)
      throw new IbuildError('CONTEXT_INVALID', `the Dockerfile on stdin is larger than ${maxDockerfile} bytes`)
    chunks.push(chunk)
  }
  return { bytes: Buffer.concat(chunks), file: 'Dockerfile (stdin)' }
}
