import { type CommandTable, runGroup } from '../command-group.ts'

/** What comes after `ibuild gc policy`, each loaded only when it is asked for. */
export const policyCommands: CommandTable = {
  show: { summary: 'show the policy in force, or an earlier version', load: () => import('./policy-show.ts') },
  set: { summary: 'put a policy in force', load: () => import('./policy-set.ts') },
  check: { summary: 'say what is wrong with a policy', load: () => import('./policy-check.ts') },
  revert: { summary: 'put an earlier version in force again', load: () => import('./policy-revert.ts') },
  versions: { summary: 'list the versions that there were', load: () => import('./policy-versions.ts') },
  'import-sherdock': {
    summary: 'write the policy of a config.yml of Sherdock',
    load: () => import('./policy-import-sherdock.ts'),
  },
}

/** `ibuild gc policy COMMAND` */
export async function run(argv: readonly string[]): Promise<number> {
  const about = 'The policy of a source, in versions: the last one is in force. Without one nothing goes.'
  return runGroup({ name: 'gc policy', about, commands: policyCommands }, argv)
}
