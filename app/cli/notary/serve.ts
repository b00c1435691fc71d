import { parseArguments } from '../arguments.ts'
import { processHost } from '../serve/process-host.ts'
import { writeLines } from '../write-lines.ts'
import { type NotaryFlags, notaryParser } from './flags.ts'

/** `ibuild notary serve`: the notary alone, whatever else there is to serve. */
export async function run(argv: readonly string[]): Promise<number> {
  const { options: flags } = parseArguments<NotaryFlags>(notaryParser(), argv)
  const { loadNotaryConfig } = await import('./load-config.ts')
  const load = (): ReturnType<typeof loadNotaryConfig> => loadNotaryConfig(flags, process.env)
  if (flags.checkConfig === true) {
    const { checkNotaryConfig } = await import('./check-config.ts')
    await writeLines(await checkNotaryConfig(await load()))
    return 0
  }
  const { serveNotary } = await import('../../serve/serve-notary.ts')
  return serveNotary(load, processHost())
}
