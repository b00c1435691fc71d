import { type CommandTable, runGroup } from '../command-group.ts'

/** What comes after `ibuild notary signer`, each loaded only when it is asked for. */
export const signerCommands: CommandTable = {
  serve: { summary: 'sign for notary servers in other processes', load: () => import('./signer-serve.ts') },
  relock: {
    summary: 'lock the keys with another passphrase or key file',
    load: () => import('./signer-relock.ts'),
  },
}

/** `ibuild notary signer COMMAND`: keys for snapshots and timestamps. */
export async function run(argv: readonly string[]): Promise<number> {
  const about = 'The keys that sign snapshots and timestamps of trusted collections, in ROOT/notary/signer.'
  return runGroup({ name: 'notary signer', about, commands: signerCommands }, argv)
}
