import type { RemoteRepository } from '../types.ts'

/** A repository and a tag or digest in it. */
export interface RemotePlace {
  readonly repository: RemoteRepository
  readonly ref: string
}

/** What a copy asks of the repository that it goes to. */
export type CopyTarget = Pick<RemoteRepository, 'name' | 'resolve' | 'hasBlob' | 'pushBlob' | 'putManifest'>

/** Where a copy goes. */
export interface TargetPlace {
  readonly repository: CopyTarget
  readonly ref: string
}

/** Is told of blobs and manifests that move. */
export interface MoveListener {
  during<T>(
    title: string,
    total: number | undefined,
    work: (moved: (done: number) => void) => Promise<{ readonly value: T; readonly result: string }>,
  ): Promise<T>
  spared(title: string, result: string): void
}

/** Nobody listens. */
export const noListener: MoveListener = {
  during: async (_title, _total, work) => (await work(() => undefined)).value,
  spared: () => undefined,
}
