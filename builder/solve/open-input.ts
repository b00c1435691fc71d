import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf, hexOf } from '../../shared/base/digest.ts'
import type { BuildOptions } from '../build-types.ts'
import { openDirectoryContext } from '../context/directory.ts'
import type { BuildContext } from '../context/types.ts'
import type { Store } from '../store/types.ts'

export interface BuildInput {
  readonly context: BuildContext
  readonly dockerfile: { readonly bytes: Uint8Array; readonly file: string }
  close(): Promise<void>
}

export async function openBuildInput(store: Store, options: BuildOptions): Promise<BuildInput> {
  if (options.context.kind !== 'directory') throw new Error('later')
  const root = options.context.path
  const file = join(root, 'Dockerfile')
  const context = openDirectoryContext({ root, dockerfile: file, hashCacheFile: join(store.root, 'context', hexOf(digestOf(root))) })
  return { context, dockerfile: { bytes: readFileSync(file), file }, close: async () => context.close() }
}
