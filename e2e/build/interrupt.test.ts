import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { needs } from '../testing/needs.ts'
import { ibuildScript, makeWorkspace, type Workspace } from '../testing/workspace.ts'

const withRuntime = needs(test.serial, 'root', 'busybox', 'tar', 'runc')
interface Interrupted {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
  /** Milliseconds from the signal to the end of the command. */
  readonly took: number
}

/** Starts a build, sends a signal when its RUN has printed `ready`, and waits for the command's end. */
async function interrupt(space: Workspace, args: readonly string[], name: NodeJS.Signals): Promise<Interrupted> {
  const child = spawn(process.execPath, [ibuildScript, ...args], {
    env: { ...process.env, IBUILD_ROOT: space.root },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  const ready = Promise.withResolvers<void>()
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    if (/^#\d+ [\d.]+ ready/m.test(stderr)) ready.resolve()
  })
  const ended = Promise.withResolvers<{ code: number | null; signal: NodeJS.Signals | null }>()
  child.on('close', (code, signal) => ended.resolve({ code, signal }))
  await Promise.race([ready.promise, ended.promise])
  const sent = Date.now()
  child.kill(name)
  return { ...(await ended.promise), stderr, took: Date.now() - sent }
}

/** Processes whose command line has the marker. */
function processesWith(marker: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(marker)
    } catch {
      return false
    }
  })
}

async function waitForNone(marker: string): Promise<string[]> {
  for (let i = 0; i < 50 && processesWith(marker).length > 0; i++) await sleep(50)
  return processesWith(marker)
}

/** Mounts, without those that other programs have in temporary folders of their own. */
function mounts(folder: string): string[] {
  const lines = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  return lines.filter((line) => line.includes(folder) || !temporary.some((parent) => line.includes(parent)))
}

/** As mount points begin; some programs know no other folder than /tmp. */
const temporary = [' /tmp/', ` ${tmpdir()}/`]

const runtimes = ['crun', 'runc']
const signals: [name: NodeJS.Signals, code: number | null][] = [
  ['SIGINT', 1],
  ['SIGTERM', 1],
  ['SIGKILL', null],
]

for (const runtime of runtimes) {
  for (const [name, code] of signals) {
    needs(
      test.serial,
      'root',
      'busybox',
      runtime,
    )(
      `${name} while a RUN ignores SIGTERM in ${runtime}: nothing runs, is mounted or stays`,
      async (t: ExecutionContext) => {
        const space = await makeWorkspace(t, { base: true })
        const marker = `marker-${process.pid}-${name}-${runtime}`
        const script = `trap '' TERM INT; : ${marker}; (while true; do sleep 0.2; : ${marker}; done) & echo ready; while true; do sleep 0.2; done`
        const context = space.write('context', { Dockerfile: `FROM busybox\nRUN ${script}\n` })
        const before = mounts(space.folder)
        const result = await interrupt(
          space,
          ['--runtime', runtime, '--progress', 'plain', '-t', 'never', context],
          name,
        )
        t.is(result.code, code, result.stderr)
        t.true(result.took < 8000, `it ended after ${result.took} ms`)
        if (code !== null) t.regex(result.stderr, /CANCELLED/)
        t.deepEqual(await waitForNone(marker), [])
        t.deepEqual(mounts(space.folder), before)
        t.notRegex((await space.ok(['images'])).stdout, /never/)
        t.deepEqual(readdirSync(join(space.root, 'tmp')), [], 'the next command has cleared what was left')
      },
    )
  }
}

withRuntime('a build after a killed one works as ever', async (t) => {
  const space = await makeWorkspace(t, { base: true })
  const slow = space.write('slow', { Dockerfile: 'FROM busybox\nRUN echo first > /f\nRUN echo ready; sleep 30\n' })
  await interrupt(space, ['--progress', 'plain', slow], 'SIGKILL')
  const again = space.write('again', { Dockerfile: 'FROM busybox\nRUN echo first > /f\nRUN cat /f\n' })
  const { stderr } = await space.ok(['--progress', 'plain', again])
  t.regex(stderr, /CACHED/, 'the step that had ended is in the cache')
  t.regex(stderr, /^#\d+ [\d.]+ first$/m)
})
