import fs from 'node:fs'
import net from 'node:net'
import { pipe } from '../../shared/sys/native.ts'
import type { RunRequest } from './types.ts'

/** Where a container writes to: two pipes, read as the bytes come. */
export interface Output {
  /** The writing ends, for the container. */
  readonly stdout: number
  readonly stderr: number
  /** Closes our copies of the writing ends: call it once the container has its own, or when it never will. */
  handedOver(): void
  /**
   * Passes on what comes, and what came before. Resolves when nobody holds a writing end any more and every byte was
   * passed on.
   */
  read(onOutput: RunRequest['onOutput']): Promise<void>
  /** Closes the reading ends of pipes that are not needed. */
  discard(): void
}

/**
 * Opens the pipes. They are pipes, not the sockets that Node makes by itself: a program may open /dev/stdout again, which
 * a socket refuses.
 */
export function openOutput(): Output {
  const [stdout, stderr] = [pipe(), pipe()]
  return {
    stdout: stdout.write,
    stderr: stderr.write,
    handedOver: () => [stdout, stderr].forEach(({ write }) => fs.closeSync(write)),
    read: async (onOutput) => {
      await Promise.all([
        readPipe(stdout.read, (bytes) => onOutput('stdout', bytes)),
        readPipe(stderr.read, (bytes) => onOutput('stderr', bytes)),
      ])
    },
    discard: () => [stdout, stderr].forEach(({ read }) => fs.closeSync(read)),
  }
}

async function readPipe(fd: number, onBytes: (bytes: Uint8Array) => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const reader = new net.Socket({ fd, readable: true, writable: false })
  reader.on('data', onBytes)
  reader.once('error', reject)
  reader.once('close', () => resolve())
  return promise
}
