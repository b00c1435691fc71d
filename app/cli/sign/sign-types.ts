import type { RegistryClient } from '../../../registry/client/types.ts'

/** Flags of commands that sign what they push. */
export interface SignFlags {
  readonly sign?: boolean
  readonly signFormat?: string
  readonly cosignKey?: string
  readonly trustDir?: string
  readonly passphraseFile?: string
}

export interface SignScope {
  /** Data folder. */
  readonly root: string
  /** Opens the client that pushes. */
  readonly client: () => Promise<RegistryClient>
  readonly onNotice: (message: string) => void
}
