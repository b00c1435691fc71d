import { type CommandTable, runGroup } from '../command-group.ts'

/** What comes after `ibuild gc trash`, each loaded only when it is asked for. */
export const trashCommands: CommandTable = {
  list: { summary: 'list what can still come back (also without a command)', load: () => import('./trash-list.ts') },
  purge: { summary: 'give up what is over its time, or more', load: () => import('./trash-purge.ts') },
}

/** `ibuild gc trash [COMMAND]` */
export async function run(argv: readonly string[]): Promise<number> {
  const about = 'What was removed and can still come back, for trash.days of the policy.'
  return runGroup({ name: 'gc trash', about, commands: trashCommands }, isList(argv) ? ['list', ...argv] : argv)
}

/** Without a command's name, which may stand behind `--root DIR`. */
function isList(argv: readonly string[]): boolean {
  const first = argv[argv[0] === '--root' ? 2 : argv[0]?.startsWith('--root=') === true ? 1 : 0]
  return first === undefined || (first.startsWith('-') && first !== '-h' && first !== '--help')
}
