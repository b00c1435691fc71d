import { runGroup } from '../cli/command-group.ts'
import { trustCommands } from '../cli/trust/command-table.ts'

/** `ibuild trust COMMAND`: signatures of images, on trust servers that docker and notary speak to, too. */
export async function run(argv: readonly string[]): Promise<number> {
  const about = 'Signatures of images: who says what a tag is. Keys and servers are those of docker trust.'
  return runGroup({ name: 'trust', about, commands: trustCommands }, argv)
}
