import { type CommandTable, runGroup } from '../command-group.ts'

/** What comes after `ibuild trust signer`, each loaded only when it is asked for. */
export const signerCommands: CommandTable = {
  add: { summary: 'let somebody sign the tags of images', load: () => import('./signer-add.ts') },
  remove: { summary: 'let somebody sign no more', load: () => import('./signer-remove.ts') },
}

/** `ibuild trust signer COMMAND`: who signs an image beside its owner. */
export async function run(argv: readonly string[]): Promise<number> {
  const about = 'Who may sign the tags of an image, each with a key of his own.'
  return runGroup({ name: 'trust signer', about, commands: signerCommands }, argv)
}
