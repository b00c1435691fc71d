import { runGroup } from '../cli/command-group.ts'
import { notaryCommands } from '../cli/notary/command-table.ts'

/** `ibuild notary COMMAND`: the signing service of the data folder. */
export async function run(argv: readonly string[]): Promise<number> {
  const about = 'The signing service of the data folder, for docker trust, notary and ibuild trust.'
  return runGroup({ name: 'notary', about, commands: notaryCommands }, argv)
}
