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
  /** Resolves when nobody holds a writing end any more and every byte was passed on. */
  readonly drained: Promise<void>
}

/**
 * Opens the pipes. They are pipes, not the sockets that Node makes by itself: a program may open /dev/stdout again, which
 * a socket refuses.
 */
export function openOutput(onOutput: RunRequest['onOutput']): Output {
  const stdout = readPipe((bytes) => onOutput('stdout', bytes))
  const stderr = readPipe((bytes) => onOutput('stderr', bytes))
  return {
    stdout: stdout.write,
    stderr: stderr.write,
    handedOver: () => [stdout, stderr].forEach(({ write }) => fs.closeSync(write)),
    drained: Promise.all([stdout.ended, stderr.ended]).then(() => undefined),
  }
}

function readPipe(onBytes: (bytes: Uint8Array) => void): { readonly write: number; readonly ended: Promise<void> } {
  const { read, write } = pipe()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const reader = new net.Socket({ fd: read, readable: true, writable: false })
  reader.on('data', onBytes)
  reader.once('error', reject)
  reader.once('close', () => resolve())
  return { write, ended: promise }
}
