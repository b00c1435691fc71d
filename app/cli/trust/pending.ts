import { type CommandTable, runGroup } from '../command-group.ts'

/** What comes after `ibuild trust pending`, each loaded only when it is asked for. */
export const pendingCommands: CommandTable = {
  show: {
    summary: 'show what a file would change, and whose signatures it lacks',
    load: () => import('./pending-show.ts'),
  },
  sign: { summary: 'sign it with the keys that are here', load: () => import('./pending-sign.ts') },
  publish: { summary: 'publish it once all have signed', load: () => import('./pending-publish.ts') },
}

/** `ibuild trust pending COMMAND`: what several must sign. */
export async function run(argv: readonly string[]): Promise<number> {
  const about = 'What several must sign: --pending FILE of other commands writes it, and it goes from hand to hand.'
  return runGroup({ name: 'trust pending', about, commands: pendingCommands }, argv)
}
