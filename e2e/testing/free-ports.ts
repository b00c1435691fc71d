import { type AddressInfo, createServer } from 'node:net'

/** For programs that take no port 0: ports of this machine at which nobody listens at the moment. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  try {
    return await Promise.all(servers.map(portOf))
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => void server.close(resolve))))
  }
}

async function portOf(server: ReturnType<typeof createServer>): Promise<number> {
  if (!server.listening) await new Promise((resolve) => void server.once('listening', resolve))
  return (server.address() as AddressInfo).port
}
