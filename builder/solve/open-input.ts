import { join } from 'node:path'
import { digestOf, hexOf } from '../../shared/base/digest.ts'
import type { BuildOptions, DockerfileSource } from '../build-types.ts'
import { openDirectoryContext, resolveRoot } from '../context/directory.ts'
import { findDockerfile } from '../context/dockerfile-file.ts'
import type { Store } from '../store/types.ts'
import type { BuildInput, DockerfileText } from './build-input.ts'

const standard: DockerfileSource = { kind: 'default' }

/** Opens what `options` name. Errors: CONTEXT_INVALID, IGNORE_INVALID, ARCHIVE_INVALID, ARCHIVE_UNSAFE. */
export async function openBuildInput(store: Store, options: BuildOptions): Promise<BuildInput> {
  const { context, dockerfile = standard } = options
  if (context.kind === 'directory') return directoryInput(store, { ...options, path: context.path })
  const { openStreamInput } = await import('./stream-input.ts')
  return openStreamInput(store, context.stream, dockerfile)
}

interface DirectoryInput extends Pick<BuildOptions, 'dockerfile' | 'signal'> {
  readonly path: string
}

function directoryInput(store: Store, { path, dockerfile: source = standard, signal }: DirectoryInput): BuildInput {
  const root = resolveRoot(path)
  const found = source.kind === 'bytes' ? undefined : findDockerfile({ file: fileOf(source), cwd: process.cwd(), root })
  const hashCacheFile = join(store.root, 'context', hexOf(digestOf(root)))
  const context = openDirectoryContext({ root, dockerfile: found?.path, hashCacheFile, signal })
  const dockerfile = source.kind === 'bytes' ? { bytes: source.bytes, file: 'Dockerfile (stdin)' } : textOf(found)
  return { context, dockerfile, close: async () => context.close() }
}

function fileOf(source: DockerfileSource): string | undefined {
  return source.kind === 'path' ? source.path : undefined
}

function textOf(found: ReturnType<typeof findDockerfile> | undefined): DockerfileText {
  if (found === undefined) throw new Error('a Dockerfile from a path was not looked for')
  return { bytes: found.bytes, file: found.name }
}
