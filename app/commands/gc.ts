import { runGroup } from '../cli/command-group.ts'
import { gcCommands } from '../cli/gc/command-table.ts'

/** `ibuild gc COMMAND`: what a policy keeps and removes, of a registry, of the builder's own images, or of a Docker daemon. */
export async function run(argv: readonly string[]): Promise<number> {
  const about = 'What a policy keeps and removes: of a registry, of the images built here, or of a Docker daemon.'
  return runGroup({ name: 'gc', about, commands: gcCommands }, argv)
}
