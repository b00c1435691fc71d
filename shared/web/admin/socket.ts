import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, open, rename, rm, rmdir } from 'node:fs/promises'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { basename, dirname, join } from 'node:path'

/**
 * Runs `work` with a path to a socket in a folder that is short, whatever the folder's own is: sockets are bound and found by
 * paths of at most 107 bytes.
 */
export async function withShortPath<T>(socket: string, work: (path: string) => Promise<T>): Promise<T> {
  const folder = await open(dirname(socket), 'r')
  try {
    return await work(`/proc/self/fd/${folder.fd}/${basename(socket)}`)
  } finally {
    await folder.close()
  }
}

/** True where a process takes connections. */
export async function isAnswered(socket: string): Promise<boolean> {
  return withShortPath(socket, async (path) => {
    const connection = connect(path)
    const { promise, resolve } = Promise.withResolvers<boolean>()
    connection.once('connect', () => resolve(true)).once('error', () => resolve(false))
    return promise.finally(() => connection.destroy())
  })
}

/**
 * Lets a server listen on a unix socket that only this user can reach at any moment, in the place of one that was left by a
 * process that is gone. Only the owner of the data that it serves calls this.
 */
export async function listenOnSocket(server: Server, socket: string): Promise<void> {
  const folder = join(dirname(socket), `.admin-${randomUUID()}`)
  await mkdir(folder, { mode: 0o700 })
  // The name is in no other folder: at its end the server removes what the path that it was bound by leads to by then.
  const made = join(folder, randomUUID())
  try {
    await withShortPath(made, async (path) => {
      server.listen(path)
      await once(server, 'listening')
    })
    await chmod(made, 0o600)
    await rename(made, socket)
  } finally {
    await rm(made, { force: true })
    await rmdir(folder)
  }
}
