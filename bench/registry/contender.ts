import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { requireProgram } from '../../e2e/testing/programs.ts'
import { startRegistry } from '../../e2e/testing/registry.ts'
import { runOk } from '../../e2e/testing/run.ts'
import { startServe } from '../../e2e/testing/serve.ts'
import type { ContenderOptions, ServerContender } from '../servers/row.ts'

/** One registry with a data folder of its own, serving plain HTTP on loopback. */
export interface RegistryContender extends ServerContender {
  readonly name: RegistryName
  /** `127.0.0.1:PORT`. */
  readonly host: string
  /** Data folder. */
  readonly root: string
  readonly pid: number
  /** Stops it, does something with its folder, and starts it again on another port; milliseconds from the start to an answer. */
  restart(between?: () => Promise<void>): Promise<number>
}

export type RegistryName = 'ibuild' | 'distribution' | 'docker-registry'

export const registryNames: readonly RegistryName[] = ['ibuild', 'distribution', 'docker-registry']

interface Running {
  readonly host: string
  readonly pid: number
  close(): Promise<unknown>
}

export async function startContender(
  name: RegistryName,
  { root, program, env = {} }: ContenderOptions,
): Promise<RegistryContender> {
  const start = async (): Promise<Running> => {
    if (name === 'ibuild') return startServe(root, { ibuild: [program], env })
    const registry = await startRegistry(root, name)
    return { host: registry.host, pid: pidOf(root), close: () => registry.close() }
  }
  const version = await versionOf(name, program)
  let running = await start()
  return {
    name,
    version,
    root,
    get host() {
      return running.host
    },
    get pid() {
      return running.pid
    },
    async restart(between) {
      await running.close()
      await between?.()
      const started = performance.now()
      running = await start()
      await fetch(`http://${running.host}/v2/`)
      return performance.now() - started
    },
    [Symbol.asyncDispose]: async () => void (await running.close()),
  }
}

async function versionOf(name: RegistryName, program: string): Promise<string> {
  if (name === 'ibuild') return `${(await runOk(program, ['--version'])).stdout.trim()}, Node ${process.versions.node}`
  const { stdout } = await runOk(requireProgram(name), ['--version'])
  const built = /mod\tgithub\.com\/distribution\/distribution\/v3\t(v[\w.]+)/.exec(
    readFileSync(requireProgram(name), 'latin1'),
  )
  return `${name} ${built?.[1] ?? stdout.trim().split(' ').at(-1)}`
}

/** The process whose command line names the folder last: programs that only start it come before. */
function pidOf(root: string): number {
  const found = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => /^\S*(registry|distribution)\0serve\0/.test(commandLine(pid)) && commandLine(pid).includes(root))
  const pid = Number(found.at(-1))
  if (Number.isNaN(pid)) throw new Error(`no process serves ${root}`)
  return pid
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
  } catch {
    return ''
  }
}

/** Forgets the largest memory that a process has had. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

/** The largest resident memory of a process, MiB. */
export function peakOf(pid: number): number {
  const [, kibibytes = ''] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Math.round(Number(kibibytes) / 1024)
}
