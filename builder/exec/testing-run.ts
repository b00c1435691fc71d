import fs from 'node:fs'
import { findProgram } from './programs.ts'
import type { Executor, RunRequest, RunResult } from './types.ts'

/** What a run gave, for tests. */
export interface RunOutcome extends RunResult {
  readonly stdout: string
  readonly stderr: string
  /** Paths in the upper folder, sorted. */
  readonly upper: readonly string[]
  readonly upperFolder: string
}

/** The time of the directories in the base, in seconds: long ago. */
export const baseTime = 1_000_000_000

const applets = [
  'sh',
  'cat',
  'id',
  'ls',
  'stat',
  'sleep',
  'mkdir',
  'touch',
  'rm',
  'mv',
  'echo',
  'dd',
  'grep',
  'head',
  'env',
  'ip',
]

/** Makes a root filesystem with busybox at `base`. */
export function makeBusybox(base: string): void {
  fs.mkdirSync(`${base}/bin`, { recursive: true })
  fs.mkdirSync(`${base}/etc`)
  fs.mkdirSync(`${base}/tmp`)
  fs.copyFileSync(findProgram('busybox') ?? '', `${base}/bin/busybox`)
  for (const name of applets) fs.symlinkSync('busybox', `${base}/bin/${name}`)
  fs.chmodSync(`${base}/tmp`, 0o1777)
  for (const name of ['bin', 'etc', 'tmp', '']) fs.utimesSync(`${base}/${name}`, baseTime, baseTime)
}

/** Runs a request with folders of its own below `folder`. */
export async function runIn(executor: Executor, folder: string, request: Partial<RunRequest>): Promise<RunOutcome> {
  const [upper, scratch] = [`${folder}/upper`, `${folder}/scratch`]
  for (const one of [upper, scratch]) fs.mkdirSync(one, { recursive: true })
  const output = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] }
  const result = await executor.run({
    ...defaults,
    upper,
    scratch,
    signal: new AbortController().signal,
    onOutput: (stream, bytes) => output[stream].push(bytes),
    ...request,
  })
  const [stdout, stderr] = [output.stdout, output.stderr].map((parts) => Buffer.concat(parts).toString())
  const names = fs.readdirSync(upper, { recursive: true, encoding: 'utf8' })
  return { ...result, stdout: stdout ?? '', stderr: stderr ?? '', upper: names.toSorted(), upperFolder: upper }
}

const defaults = {
  lowers: [],
  args: [],
  env: ['PATH=/bin'],
  cwd: '/',
  user: { uid: 0, gid: 0, additionalGids: [] },
  hostname: 'box',
  network: 'none',
  extraHosts: [],
  limits: {},
  files: [],
} as const
