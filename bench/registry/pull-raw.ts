import { connect } from 'node:net'

/** Where bodies go that nobody looks at, of all connections: the heads before them are taken out at once. */
const sink = Buffer.alloc(1024 * 1024)

/**
 * Gets a path over a connection of its own into one buffer, the cheapest way that Node has, so that the client is not what is
 * measured. Error: an answer that is not 200, or whose body has not `size` bytes.
 */
export async function pullRaw(host: string, path: string, size: number): Promise<void> {
  const [name = '', port = ''] = host.split(':')
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let received = 0
  let head = ''
  let bodyStart = -1
  const onRead = (length: number): boolean => {
    if (bodyStart < 0) {
      head += sink.toString('latin1', 0, length)
      const end = head.indexOf('\r\n\r\n')
      if (end >= 0) bodyStart = end + 4
    }
    received += length
    if (bodyStart >= 0 && received - bodyStart >= size) resolve()
    return true
  }
  const socket = connect({ host: name, port: Number(port), onread: { buffer: sink, callback: onRead } })
  socket.on('error', reject)
  socket.on('close', () => reject(new Error(`${path}: the connection ended after ${received} bytes`)))
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  try {
    await promise
    if (!head.startsWith('HTTP/1.1 200 ') || received - bodyStart !== size)
      throw new Error(`${path}: ${head.slice(0, 60)}`)
  } finally {
    socket.destroy()
  }
}
