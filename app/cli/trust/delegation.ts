import { type CommandTable, runGroup } from '../command-group.ts'

/** What comes after `ibuild trust delegation`, each loaded only when it is asked for. */
export const delegationCommands: CommandTable = {
  add: { summary: 'make a role, or give it keys, paths or a threshold', load: () => import('./delegation-add.ts') },
  remove: { summary: 'remove a role, or keys and paths of it', load: () => import('./delegation-remove.ts') },
  list: {
    summary: 'list the roles, with their keys, paths and thresholds',
    load: () => import('./delegation-list.ts'),
  },
  purge: { summary: 'take a key out of all roles', load: () => import('./delegation-purge.ts') },
}

/** `ibuild trust delegation COMMAND`: roles below `targets`. */
export async function run(argv: readonly string[]): Promise<number> {
  const about = 'Roles that sign for an image beside its owner: which names, with which keys, and how many of them.'
  return runGroup({ name: 'trust delegation', about, commands: delegationCommands }, argv)
}
