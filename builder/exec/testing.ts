import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { createExecutor } from './create-executor.ts'
import { findProgram } from './programs.ts'
import type { Executor, RunRequest, RunResult } from './types.ts'

/** Programs that the tests of this folder want beside root. */
export type Wanted = 'busybox' | 'crun' | 'runc' | 'slirp4netns'

/** Declares a test that needs root and programs; skipped with the reason when something is missing. */
export function rootTest(title: string, wanted: readonly Wanted[], run: (t: ExecutionContext) => Promise<void>): void {
  const missing = wanted.filter((name) => findProgram(name) === undefined)
  if (process.getuid?.() !== 0) test.skip(`${title} (skipped: needs root)`, run)
  else if (missing.length > 0) test.skip(`${title} (skipped: needs ${missing.join(', ')})`, run)
  else test.serial(title, run)
}

/** Declares one test for each runtime. */
export function runtimeTest(title: string, run: (t: ExecutionContext, box: Box) => Promise<void>): void {
  for (const runtime of ['crun', 'runc'] as const) {
    rootTest(`${runtime}: ${title}`, ['busybox', runtime], async (t) => await run(t, await openBox(t, { runtime })))
  }
}

/** A busybox root filesystem, an executor, and fresh folders for each run. */
export interface Box {
  readonly folder: string
  /** Root filesystem with busybox and its applets in /bin, and an /etc with an old time. */
  readonly base: string
  readonly executor: Executor
  /** Runs a shell command, or what `request` says. */
  sh(command: string, request?: Partial<RunRequest>): Promise<BoxResult>
}

export interface BoxResult extends RunResult {
  readonly stdout: string
  readonly stderr: string
  /** Paths in the upper folder, sorted. */
  readonly upper: readonly string[]
  readonly upperFolder: string
}

/** The time of the directories in the base, in seconds: long ago. */
export const baseTime = 1_000_000_000

export interface BoxOptions {
  readonly runtime?: string
  readonly ownProcess?: boolean
}

/** Makes a box that is removed after the test. */
export async function openBox(t: ExecutionContext, options: BoxOptions = {}): Promise<Box> {
  const folder = tempFolder(t)
  const base = path.join(folder, 'base')
  makeBusybox(base)
  const executor = await createExecutor({ stateDir: path.join(folder, 'state'), ownProcess: true, ...options })
  let count = 0
  const sh: Box['sh'] = async (command, request = {}) => {
    const at = path.join(folder, `run-${++count}`)
    return await runIn(executor, at, { lowers: [base], args: ['/bin/sh', '-c', command], ...request })
  }
  return { folder, base, executor, sh }
}

/** A folder that is removed after the test. */
export function tempFolder(t: ExecutionContext): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'exec-'))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

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
export async function runIn(executor: Executor, folder: string, request: Partial<RunRequest>): Promise<BoxResult> {
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
