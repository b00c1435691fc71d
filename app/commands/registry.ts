import { runGroup } from '../cli/command-group.ts'
import { registryCommands } from '../cli/registry/command-table.ts'

/** `ibuild registry COMMAND`: the registry of the data folder, and whoever serves it. */
export async function run(argv: readonly string[]): Promise<number> {
  const about = 'The registry of the data folder: serves it, and asks whoever serves it.'
  return runGroup({ name: 'registry', about, commands: registryCommands }, argv)
}
