import { parseArguments } from '../arguments.ts'
import { writeLines } from '../write-lines.ts'
import { type ServeFlags, serveParser } from './flags.ts'
import { processHost } from './process-host.ts'

export interface ServeCommand {
  /** What comes after `ibuild`. */
  readonly name: string
  readonly summary: string
  /** True where a notary is served beside the registry. */
  readonly withNotary: boolean
}

/** `ibuild serve` and `ibuild registry serve`. */
export async function runServe({ name, summary, withNotary }: ServeCommand, argv: readonly string[]): Promise<number> {
  const { options: flags } = parseArguments<ServeFlags>(serveParser(name, summary, withNotary), argv)
  const { loadConfig } = await import('./load-config.ts')
  const load = (): ReturnType<typeof loadConfig> => loadConfig(flags, process.env, withNotary)
  if (flags.checkConfig === true) {
    const { checkConfig } = await import('./check-config.ts')
    await writeLines(await checkConfig(await load(), (line) => process.stderr.write(line)))
    return 0
  }
  const { serve } = await import('../../serve/serve.ts')
  return serve(load, processHost())
}
