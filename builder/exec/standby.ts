import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import { mount, mountFlags, pipe, umount2, umountFlags } from '../../shared/sys/native.ts'
import { configFile, logFile, networkFile, rootfsFolder } from './bundle-folder.ts'
import { mountOverlay, type Overlay } from './overlay.ts'
import { makePrivateNamespace, type PrivateNamespace } from './private-namespace.ts'

/** What a process stands by with. Plain data: it may cross threads. */
export interface StandbyRequest {
  /** Existing empty folder; the process sees a small filesystem in memory there. */
  readonly bundleDir: string
  /** Mount points that the process must not see. */
  readonly unmount: readonly string[]
  /** Programs around the command that lead it into its place; each with its arguments. */
  readonly wrapper: readonly string[]
  /** Program (absolute path) and arguments of the command that is run in the end. */
  readonly command: readonly string[]
  /** Open descriptor of the program that {@link standbyProgram} names. */
  readonly program: number | undefined
  readonly env: Readonly<Record<string, string>>
  /** Open descriptor of the command's input; undefined: it has none. */
  readonly stdin: number | undefined
  /** Open descriptors for its output; like `stdin` they stay the caller's. */
  readonly stdout: number
  readonly stderr: number
}

/** Path of a command's program that is no file but an open descriptor. */
export const standbyProgram = '/proc/self/fd/4'

/** What turns up in the bundle when a process on standby is to go on. Plain data. */
export interface StartRequest {
  /** Mounted at {@link rootfsFolder} of the bundle. */
  readonly overlay: Omit<Overlay, 'target'>
  readonly files: readonly BundleFile[]
  /** Open descriptor of a network namespace, shown as {@link networkFile} of the bundle. */
  readonly network: number | undefined
}

/** A file in the bundle. */
export interface BundleFile {
  readonly name: string
  readonly content: string | Uint8Array
  readonly mode: number
}

/** A process that waits to become the command; it ends when this process does. */
export interface Standby {
  readonly child: ChildProcess
  /** Lets it go on. To be called once, from the thread that opened it; when it throws, the process ends. */
  go(request: StartRequest): void
  /** What the command wrote to {@link logFile} of the bundle; to be asked once, after its end. */
  readLog(): string
  /** Ends one that is not needed. */
  discard(): void
}

/** Waits for a line, and ends without one when the other side is gone. */
const script = 'read -r go <&3 && exec "$@" 3<&-'

/**
 * Starts a process that waits in a mount namespace of its own, as the first process of a pid namespace: when it ends,
 * everything that it started does, and nothing that it saw is mounted any more. All that takes time before the command
 * itself can be started is done by then.
 */
export function openStandby(request: StandbyRequest): Standby {
  const { bundleDir, unmount } = request
  const control = pipe()
  let child: ChildProcess | undefined
  let folder = -1
  try {
    const namespace = makePrivateNamespace(() => {
      mount('bundle', bundleDir, 'tmpfs', mountFlags.nosuid | mountFlags.nodev, 'mode=700')
      mount('none', bundleDir, null, mountFlags.shared, null) // what is mounted in it later is for the process as well
      fs.mkdirSync(`${bundleDir}/${rootfsFolder}`, { mode: 0o700 })
      folder = fs.openSync(bundleDir, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY)
      for (const target of unmount) umount2(target, umountFlags.detach)
      child = run(request, control.read)
    })
    if (child === undefined) throw new Error('nothing was started')
    return standbyOf({ child, namespace, folder, bundleDir, control: control.write })
  } catch (error) {
    fs.closeSync(control.write)
    if (folder >= 0) fs.closeSync(folder)
    throw error
  } finally {
    fs.closeSync(control.read)
  }
}

function run({ wrapper, command, program, env, stdin, stdout, stderr }: StandbyRequest, control: number): ChildProcess {
  const [first = '/bin/sh', ...rest] = [...wrapper, '/bin/sh', '-c', script, 'sh', ...command]
  const child = spawn(first, rest, {
    cwd: '/',
    env: { ...env },
    stdio: [stdin ?? 'ignore', stdout, stderr, control, ...(program === undefined ? [] : [program])],
    detached: true, // Ctrl-C in a terminal is for the build to handle
  })
  child.unref()
  return child
}

interface Opened {
  readonly child: ChildProcess
  readonly namespace: PrivateNamespace
  /** Open descriptor of the bundle. */
  readonly folder: number
  readonly bundleDir: string
  readonly control: number
}

function standbyOf({ child, namespace, folder, bundleDir, control }: Opened): Standby {
  const letGo = (): void => {
    fs.closeSync(control)
    namespace[Symbol.dispose]()
  }
  return {
    child,
    go(request) {
      child.ref()
      try {
        namespace.enter(() => furnish(bundleDir, request))
        fs.writeSync(control, '\n')
      } catch (error) {
        fs.closeSync(folder)
        throw error
      } finally {
        letGo()
      }
    },
    readLog() {
      const file = `/proc/self/fd/${folder}/${logFile}`
      try {
        return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : ''
      } finally {
        fs.closeSync(folder)
      }
    },
    discard() {
      letGo()
      fs.closeSync(folder)
    },
  }
}

function furnish(bundleDir: string, { overlay, files, network }: StartRequest): void {
  for (const { name, content, mode } of files) {
    fs.writeFileSync(`${bundleDir}/${name}`, content)
    if (name !== configFile) fs.chmodSync(`${bundleDir}/${name}`, mode)
  }
  mountOverlay({ ...overlay, target: `${bundleDir}/${rootfsFolder}` })
  if (network === undefined) return
  fs.closeSync(fs.openSync(`${bundleDir}/${networkFile}`, 'w'))
  mount(`/proc/self/fd/${network}`, `${bundleDir}/${networkFile}`, null, mountFlags.bind, null)
}
