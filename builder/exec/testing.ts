import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { createExecutor } from './create-executor.ts'
import { findProgram } from './programs.ts'
import { makeBusybox, type RunOutcome, runIn } from './testing-run.ts'
import type { Executor, RunRequest } from './types.ts'

/** Programs that the tests of this folder want beside root. */
export type Wanted = 'busybox' | 'crun' | 'runc' | 'pasta' | 'slirp4netns'

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
    rootTest(`${runtime}: ${title}`, ['busybox', runtime], async (t) => {
      await run(t, await openBox(t, { runtime }))
    })
  }
}

/** A busybox root filesystem, an executor, and fresh folders for each run. */
export interface Box {
  readonly folder: string
  /** Root filesystem with busybox and its applets in /bin, and an /etc with an old time. */
  readonly base: string
  readonly executor: Executor
  /** Runs a shell command, or what `request` says. */
  sh(command: string, request?: Partial<RunRequest>): Promise<RunOutcome>
}

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
  const sh: Box['sh'] = (command, request = {}) => {
    const at = path.join(folder, `run-${++count}`)
    return runIn(executor, at, { lowers: [base], args: ['/bin/sh', '-c', command], ...request })
  }
  return { folder, base, executor, sh }
}

/** A folder that is removed after the test. */
export function tempFolder(t: ExecutionContext): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'exec-'))
  t.teardown(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}
