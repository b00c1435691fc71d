import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { errnoOf, IbuildError } from '../base/errors.ts'
import { syncfs } from './native.ts'

/**
 * Waits until all that was written to the filesystem of `path` is on the disk. The work is done by the program `sync`, so
 * that this process goes on meanwhile; where there is none, it blocks in the system call. SYSTEM_CALL when the disk fails:
 * the kernel tells that only once, so it is not tried again.
 */
export async function syncFilesystem(path: string): Promise<void> {
  const child = spawn('sync', ['-f', '--', path], { stdio: ['ignore', 'ignore', 'pipe'] })
  try {
    const [message, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
    if (code !== 0) throw new IbuildError('SYSTEM_CALL', `cannot sync the filesystem of ${path}: ${message.trim()}`)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    syncBlocking(path)
  }
}

function syncBlocking(path: string): void {
  const fd = openSync(path, 'r')
  try {
    syncfs(fd)
  } finally {
    closeSync(fd)
  }
}
