import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { needs } from '../testing/needs.ts'
import { remainsOf } from '../testing/remains.ts'
import { ibuildScript, makeWorkspace, type Workspace } from '../testing/workspace.ts'

const rounds = 12

/** Kills a build with SIGKILL `delay` milliseconds after its first RUN has started. Returns its process id. */
async function killBuild(space: Workspace, args: readonly string[], delay: number): Promise<number | undefined> {
  const child = spawn(process.execPath, [ibuildScript, ...args], {
    env: { ...process.env, IBUILD_ROOT: space.root },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await Promise.race([new Promise((resolve) => child.stderr.once('data', resolve)), ended])
  await Promise.race([sleep(delay), ended])
  child.kill('SIGKILL')
  await ended
  return child.pid
}

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
      const runs = Array.from(
        { length: 8 },
        (_, i) => `RUN : ${space.root} ${i}; trap "" TERM; sleep 0.0$((RANDOM % 5))`,
      )
      const context = space.write('context', { Dockerfile: ['FROM busybox', ...runs, ''].join('\n') })
      const args = ['--runtime', runtime, '--no-cache', '--progress', 'plain', context]
      const pids = new Set<string>()
      for (let round = 0; round < rounds; round++) {
        pids.add(String(await killBuild(space, args, round * (runtime === 'crun' ? 9 : 27))))
        t.deepEqual(await remainsOf(space.root), [], `round ${round}`)
      }
      await space.ok(args)
      t.deepEqual(await remainsOf(space.root), [], 'after a build that was not killed')
      t.deepEqual(groupsOf(pids), [])
    },
  )
}
