import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import { promisify } from 'node:util'
import { pipe } from '../../shared/sys/native.ts'

/** A program that connects a network namespace with the host's network, and where a container finds a name server. */
export interface HelperProgram {
  readonly command: readonly [string, ...string[]]
  /** Undefined: the host's name servers can be reached. */
  readonly nameServer: string | undefined
}

// Descriptors 3, 4 and 5 of a helper: it writes when it is ready, may watch the end of the other side, and finds the
// namespace.

/** slirp4netns at that path. */
export function slirp(path: string): HelperProgram {
  const network = ['--configure', '--mtu=65520', '--disable-host-loopback', '--enable-sandbox']
  const descriptors = ['--ready-fd=3', '--exit-fd=4', '--netns-type=path', '/proc/self/fd/5']
  return { command: [path, ...network, ...descriptors, 'tap0'], nameServer: '10.0.2.3' }
}

const pastaNameServer = '169.254.1.1'

/** pasta at that path; `deathSignal` is the command that makes it end with the thread that started it. */
export function pasta(path: string, deathSignal: readonly string[], hostResolvConf: string): HelperProgram {
  const noPorts = ['-t', 'none', '-u', 'none', '-T', 'none', '-U', 'none']
  const network = ['--config-net', '--no-map-gw', '--dns-forward', pastaNameServer, ...noPorts]
  const descriptors = ['--pid', '/proc/self/fd/3', '--netns', '/proc/self/fd/5']
  const [first, ...rest] = [...deathSignal, path]
  const command = [...rest, '--quiet', '--foreground', '--runas', '0:0', ...network, ...descriptors]
  return { command: [first, ...command], nameServer: hasServer(hostResolvConf) ? undefined : pastaNameServer }
}

/** True when a name server is named that is not on the host's own loopback. */
function hasServer(resolvConf: string): boolean {
  return /^\s*nameserver\s+(?!127\.|::1\s*$)/m.test(resolvConf)
}

/** A running helper. */
export interface NetworkHelper {
  readonly nameServer: string | undefined
  isUp(): boolean
  /** Ends it; this process's end does the same, in whatever way it comes. */
  stop(): void
}

const read = promisify(fs.read)

/**
 * Starts a helper on the network namespace `namespace` (an open descriptor, which stays the caller's) and waits until
 * the network is up. It does not keep this process alive.
 */
export async function startHelper({ command, nameServer }: HelperProgram, namespace: number): Promise<NetworkHelper> {
  const [ready, exit] = [pipe(), pipe()]
  const [program, ...args] = command
  const child = spawn(program, args, {
    cwd: '/',
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', ready.write, exit.read, namespace],
    detached: true, // Ctrl-C in a terminal is for the build to handle
  })
  child.unref()
  const stop = (): void => {
    fs.closeSync(exit.write)
    child.kill('SIGKILL')
  }
  for (const fd of [ready.write, exit.read]) fs.closeSync(fd)
  try {
    await readiness(child, ready.read)
  } catch (error) {
    stop()
    throw error
  } finally {
    fs.closeSync(ready.read)
  }
  return { nameServer, isUp: () => child.exitCode === null && child.signalCode === null, stop }
}

/** It writes when it is ready; when it ends without, the pipe just ends. */
async function readiness(child: ChildProcess, fd: number): Promise<void> {
  const failed = new Promise<never>((_resolve, reject) => child.once('error', reject))
  const { bytesRead } = await Promise.race([read(fd, { buffer: Buffer.alloc(16) }), failed])
  if (bytesRead === 0) throw new Error('the helper for a private network ended before that was up')
}
