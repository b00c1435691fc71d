import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { needs } from '../testing/needs.ts'
import { remainsOf } from '../testing/remains.ts'
import { ibuildScript, makeWorkspace, type Workspace } from '../testing/workspace.ts'

const rounds = 11

/** Kills a build with SIGKILL so many milliseconds after it has printed `text`. Returns its process id. */
async function killBuild(space: Workspace, args: readonly string[], [text, delay]: Moment): Promise<string> {
  const child = spawn(process.execPath, [ibuildScript, ...args], {
    env: { ...process.env, IBUILD_ROOT: space.root },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const printed = Promise.withResolvers<void>()
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    stderr += piece
    if (stderr.includes(text)) printed.resolve()
  })
  await Promise.race([printed.promise, ended])
  await Promise.race([sleep(delay), ended])
  child.kill('SIGKILL')
  await ended
  return String(child.pid)
}

type Moment = readonly [text: string, delay: number]

/** Control groups of ours that these processes made, in all hierarchies. */
function groupsOf(pids: ReadonlySet<string>): string[] {
  return globSync('/sys/fs/cgroup/{*/,}ibuild/*').filter((group) => pids.has(basename(group).split('-')[1] ?? ''))
}

for (const runtime of ['crun', 'runc']) {
  needs(
    test.serial,
    'root',
    'busybox',
    'tar',
    runtime,
  )(
    `${runtime}: whenever a build is killed, nothing of it runs or is mounted, neither a RUN nor what stands by`,
    async (t) => {
      t.timeout(300_000)
      const space = await makeWorkspace(t, { base: true })
      const short = [1, 2].map((i) => `RUN : ${space.root} ${i}; trap "" TERM; sleep 0.0${i}`)
      const long = `ARG NAP=0\nRUN : ${space.root}; trap "" TERM; echo $((50 - 8)); sleep $NAP`
      const context = space.write('context', { Dockerfile: ['FROM busybox', ...short, long, ''].join('\n') })
      const args = ['--runtime', runtime, '--no-cache', '--progress', 'plain', context]
      const napping = ['--build-arg', 'NAP=100', ...args]
      const pids = new Set<string>()
      const early = Array.from({ length: rounds }, (_, i): Moment => ['#1 ', 2 ** i])
      for (const moment of [...early, [' 42\n', 0] as const, [' 42\n', 20] as const]) {
        pids.add(await killBuild(space, napping, moment))
        t.deepEqual(await remainsOf(space.root), [], String(moment))
      }
      await space.ok(args)
      t.deepEqual(await remainsOf(space.root), [], 'after a build that was not killed')
      t.deepEqual(groupsOf(pids), [])
    },
  )
}
