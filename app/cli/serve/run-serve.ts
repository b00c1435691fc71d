import type { ServeHost } from '../../serve/host.ts'
import { parseArguments } from '../arguments.ts'
import { writeLines } from '../write-lines.ts'
import { type ServeFlags, serveParser } from './flags.ts'

/** `ibuild serve` and `ibuild registry serve`. */
export async function runServe(name: string, summary: string, argv: readonly string[]): Promise<number> {
  const { options: flags } = parseArguments<ServeFlags>(serveParser(name, summary), argv)
  const { loadConfig } = await import('./load-config.ts')
  const load = (): ReturnType<typeof loadConfig> => loadConfig(flags, process.env)
  if (flags.checkConfig === true) {
    const { checkConfig } = await import('./check-config.ts')
    await writeLines(await checkConfig(await load(), (line) => process.stderr.write(line)))
    return 0
  }
  const { serve } = await import('../../serve/serve.ts')
  return serve(load, processHost())
}

/** Exit codes of a process that a signal ended: 128 + its number. */
const forcedExit = { SIGINT: 130, SIGTERM: 143 } as const

/** The first signal asks to stop, a second one ends the process at once. */
function processHost(): ServeHost {
  const { promise, resolve } = Promise.withResolvers<void>()
  let isStopping = false
  let reload = (): void => undefined // a SIGHUP before the server is ready is none
  process.on('SIGHUP', () => reload())
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (isStopping) process.exit(forcedExit[name])
      isStopping = true
      resolve()
    })
  }
  return {
    tellReady: (line) => void process.stdout.write(line),
    writeLog: (text) => void process.stderr.write(text),
    isTerminal: process.stderr.isTTY,
    onReload(work) {
      reload = work
    },
    stopped: promise,
  }
}
