import type { ServeHost } from '../../serve/host.ts'
import { version } from '../version.ts'

/** Exit codes of a process that a signal ended: 128 + its number. */
const forcedExit = { SIGINT: 130, SIGTERM: 143 } as const

/** The first signal asks to stop, a second one ends the process at once. */
export function processHost(): ServeHost {
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
    trustConnection: async (onNotice) => (await import('../trust-connection.ts')).trustConnection(onNotice),
    freshImages: async (...args) => (await import('./fresh-images.ts')).freshImages(...args),
    version: version(),
    stopped: promise,
  }
}
