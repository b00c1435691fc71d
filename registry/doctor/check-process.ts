import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { errnoOf } from '../../shared/base/errors.ts'
import { parseAddress } from '../../shared/web/address.ts'
import { resolveAddress } from '../../shared/web/listen.ts'
import { type Check, checked } from './types.ts'

/** Files that a server has open beside connections. */
const ownFiles = 1024

/** How many files the server may have open: that which runs, else this process. */
export function checkFileLimit(connections: number, pid: number | undefined): Promise<Check> {
  return checked('open files', async () => {
    const limits = await readFile(`/proc/${pid ?? 'self'}/limits`, 'latin1')
    const soft = /^Max open files +(\d+|unlimited)/m.exec(limits)?.[1] ?? 'unlimited'
    const most = soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft)
    const whose = pid === undefined ? '' : ` of process ${pid}`
    const message = `at most ${soft}${whose}`
    const mend =
      'Raise it: LimitNOFILE= of a systemd unit, --ulimit nofile of a container; or lower limits.connections.'
    if (most < ownFiles) return { status: 'fail', message, mend }
    const isShort = most < connections + ownFiles
    return isShort
      ? { status: 'warn', message: `${message}, for ${connections} connections`, mend }
      : { status: 'ok', message }
  })
}

/** Whether the address can be listened on, or is by the server that works on this data folder. */
export function checkPort(listen: string, serving: string | undefined): Promise<Check> {
  return checked('address', async () => {
    const address = parseAddress(listen, 'listen')
    const { ip, port } = await resolveAddress(address)
    if (serving !== undefined && port !== 0) return whereItListens(listen, { port, serving })
    const failure = await tryListening(ip, port)
    if (failure === undefined) return { status: 'ok', message: `${listen} is free` }
    const mend =
      failure === 'EADDRINUSE'
        ? 'Stop what listens there, or take another port: listen of the configuration.'
        : 'Take an address of this machine, and a port that this user may listen on: listen of the configuration.'
    return { status: 'fail', message: `cannot listen on ${listen} (${failure})`, mend }
  })
}

function whereItListens(
  listen: string,
  { port, serving }: { readonly port: number; readonly serving: string },
): Omit<Check, 'name'> {
  const { port: text, protocol } = new URL(serving)
  if (Number(text || (protocol === 'https:' ? 443 : 80)) === port)
    return { status: 'ok', message: `${listen}: our server listens there` }
  const message = `${listen} is in this configuration, and the server that runs is at ${serving}`
  const mend = 'Give the configuration and the variables that the server has; what only its flags say is not looked at.'
  return { status: 'warn', message, mend }
}

/** The reason why not. */
async function tryListening(host: string, port: number): Promise<string | undefined> {
  const server = createServer()
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  server.on('error', (error) => resolve(errnoOf(error) ?? 'unknown reason'))
  server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  return promise
}
