import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import { promisify } from 'node:util'
import { pipe } from '../../shared/sys/native.ts'

/** A process that connects a network namespace with the host's network. */
export interface NetworkHelper {
  /** Where a container finds a name server. */
  readonly nameServer: string
  isUp(): boolean
  /** Ends it; this process's end does the same, in whatever way it comes. */
  stop(): void
}

// Its descriptors 3, 4 and 5: it writes when it is ready, ends when the other end is closed, and finds the namespace.
const args = [
  '--configure',
  '--mtu=65520',
  '--disable-host-loopback',
  '--enable-sandbox',
  '--netns-type=path',
  '--ready-fd=3',
  '--exit-fd=4',
  '/proc/self/fd/5',
  'tap0',
] as const

const read = promisify(fs.read)

/**
 * Starts slirp4netns on the network namespace `namespace` (an open descriptor, which stays the caller's) and waits until
 * the network is up. It does not keep this process alive.
 */
export async function startSlirp(program: string, namespace: number): Promise<NetworkHelper> {
  const [ready, exit] = [pipe(), pipe()]
  const child = spawn(program, args, {
    cwd: '/',
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', ready.write, exit.read, namespace],
    detached: true, // Ctrl-C in a terminal is for the build to handle
  })
  child.unref()
  for (const fd of [ready.write, exit.read]) fs.closeSync(fd)
  try {
    await readiness(child, ready.read)
  } catch (error) {
    fs.closeSync(exit.write)
    throw error
  } finally {
    fs.closeSync(ready.read)
  }
  const isUp = (): boolean => child.exitCode === null && child.signalCode === null
  return { nameServer: '10.0.2.3', isUp, stop: () => fs.closeSync(exit.write) }
}

/** It writes a byte when it is ready; when it ends without, the pipe just ends. */
async function readiness(child: ChildProcess, fd: number): Promise<void> {
  const failed = new Promise<never>((_resolve, reject) => child.once('error', reject))
  const { bytesRead } = await Promise.race([read(fd, { buffer: Buffer.alloc(16) }), failed])
  if (bytesRead === 0) throw new Error('slirp4netns ended before the network was up')
}
