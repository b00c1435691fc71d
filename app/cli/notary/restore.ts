import { runRestore } from '../registry/restore.ts'

/** `ibuild notary restore FILE|DIR|-` */
export async function run(argv: readonly string[]): Promise<number> {
  return runRestore('notary', argv)
}
