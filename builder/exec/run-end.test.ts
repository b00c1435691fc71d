import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { cleanupLeftovers } from './leftovers.ts'
import { rootTest, runtimeTest, tempFolder } from './testing.ts'

/** Process ids of all processes on the host whose command line contains the text. */
function processesWith(text: string): string[] {
  return fs.readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandLine(pid).includes(text))
}

function commandLine(pid: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** Every control group of ours, in all hierarchies, that processes of the given id made. */
function groupsOf(pid: number | undefined): string[] {
  return fs
    .globSync('/sys/fs/cgroup/{*/,}ibuild/*')
    .filter((group) => path.basename(group).split('-')[1] === String(pid))
}

function descendantsOf(pid: string): string[] {
  const children = fs.readdirSync('/proc').filter((other) => statusOf(other)?.parent === pid)
  return children.flatMap((child) => [child, ...descendantsOf(child)])
}

function isAlive(pid: string): boolean {
  const state = statusOf(pid)?.state
  return state !== undefined && state !== 'Z' // nobody may reap orphans here
}

function statusOf(
  pid: string,
): { readonly parent: string | undefined; readonly state: string | undefined } | undefined {
  try {
    const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8')
    return { parent: /^PPid:\t(\d+)/m.exec(status)?.[1], state: /^State:\t(\w)/m.exec(status)?.[1] }
  } catch {
    return undefined
  }
}

/** Mounts, without those that other programs have in folders of their own below /tmp. */
function mounts(folder: string): string[] {
  const lines = fs.readFileSync('/proc/self/mounts', 'utf8').split('\n')
  return lines.filter((line) => line.includes(folder) || !line.includes(' /tmp/'))
}

async function until(condition: () => boolean): Promise<boolean> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (condition()) return true
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return false
}

for (const [title, command] of [
  ['sleeps', 'sleep 1000'],
  ['ignores SIGTERM', 'trap "" TERM; while :; do sleep 1; done'],
  ['has children that ignore SIGTERM', '(trap "" TERM; sleep 1000; :) & (trap "" TERM; sleep 1000; :) & wait'],
] as const) {
  runtimeTest(`a cancelled command that ${title} is dead when run() rejects`, async (t, box) => {
    const marker = `marker-${randomUUID()}`
    const before = mounts(box.folder)
    const controller = new AbortController()
    const run = box.sh(`echo started ${marker}; ${command}`, {
      signal: controller.signal,
      onOutput: () => controller.abort(new Error('enough')),
    })
    const error = await t.throwsAsync(run, { code: 'CANCELLED' })
    t.is((error?.cause as Error | undefined)?.message, 'enough')
    t.deepEqual(processesWith(marker), [])
    t.deepEqual(groupsOf(process.pid), [])
    t.deepEqual(mounts(box.folder), before)
  })
}

runtimeTest('cancelled before or at any moment of the start, a command leaves nothing', async (t, box) => {
  const marker = `marker-${randomUUID()}`
  await t.throwsAsync(box.sh('true', { signal: AbortSignal.abort() }), { code: 'CANCELLED' })
  for (let delay = 0; delay < 40; delay += 8) {
    const signal = AbortSignal.timeout(delay)
    await t.throwsAsync(box.sh(`sleep 1000; echo ${marker}`, { signal }), { code: 'CANCELLED' })
  }
  t.deepEqual(processesWith(marker), [])
  t.deepEqual(groupsOf(process.pid), [])
})

runtimeTest('after a command nothing of it is left but its files', async (t, box) => {
  const before = mounts(box.folder)
  const marker = `marker-${randomUUID()}`
  await box.sh(`sleep 1000 & (sleep 1000; echo ${marker}) & exit 3`)
  t.deepEqual(processesWith(marker), [])
  t.deepEqual(groupsOf(process.pid), [])
  t.deepEqual(mounts(box.folder), before)
})

for (const ownProcess of [true, false]) {
  const how = ownProcess ? 'own process' : 'thread'
  runtimeTest(`killed while a command runs (${how}), a build leaves nothing running or mounted`, async (t, box) => {
    const marker = `marker-${randomUUID()}`
    const before = mounts(box.folder)
    const options = { runtime: box.executor.runtime.path, stateDir: `${box.folder}/state`, ownProcess }
    const build = startBuild(box.folder, options, [box.base, `trap "" TERM; echo ${marker}; sleep 1000; :`])
    t.teardown(() => build.kill('SIGKILL'))
    t.true(await until(() => processesWith(marker).length > 0))
    const started = descendantsOf(String(build.pid)) // the runtime, the command and the network's helper
    t.true(started.length >= 3)
    t.not(groupsOf(build.pid).length, 0)
    build.kill('SIGKILL')
    t.true(await until(() => !started.some(isAlive)))
    t.deepEqual(processesWith(marker), [])
    t.deepEqual(mounts(box.folder), before)
    await cleanupLeftovers(`${box.folder}/state`)
    t.deepEqual(groupsOf(build.pid), [])
  })
}

/** A process that runs a command in a container with the library. */
function startBuild(folder: string, options: object, [base, command]: readonly [string, string]): ChildProcess {
  const script = `
    import { createExecutor } from ${JSON.stringify(path.join(import.meta.dirname, 'create-executor.ts'))}
    import { runIn } from ${JSON.stringify(path.join(import.meta.dirname, 'testing-run.ts'))}
    const executor = await createExecutor(${JSON.stringify(options)})
    await runIn(executor, ${JSON.stringify(`${folder}/killed`)}, {
      lowers: [${JSON.stringify(base)}], args: ['/bin/sh', '-c', ${JSON.stringify(command)}], network: 'default' })`
  fs.writeFileSync(`${folder}/build.mjs`, script)
  return spawn(process.execPath, [`${folder}/build.mjs`], { stdio: 'ignore' })
}

rootTest('the thread that starts commands does not keep a process alive', ['busybox'], async (t) => {
  const folder = tempFolder(t)
  const script = `
    import { createExecutor } from ${JSON.stringify(path.join(import.meta.dirname, 'create-executor.ts'))}
    await createExecutor({ stateDir: ${JSON.stringify(`${folder}/state`)} })`
  fs.writeFileSync(`${folder}/idle.mjs`, script)
  const child = spawn(process.execPath, [`${folder}/idle.mjs`], { stdio: 'inherit', timeout: 30_000 })
  const code = await new Promise((resolve) => child.once('exit', resolve))
  t.is(code, 0)
})
