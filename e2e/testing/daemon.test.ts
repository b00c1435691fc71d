import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { startDaemon } from './daemon.ts'
import { needs } from './needs.ts'
import { temporaryFolder } from './temporary.ts'

/** A daemon that has a child, mounts something, writes to a private folder, and is ready when its file is there. */
function options(folder: string, end = 'trap exit TERM; wait') {
  const script = `mkdir -p m && mount -t tmpfs tmpfs m && touch private/left; (exec sleep 1000) & touch ready; ${end}`
  return {
    program: '/bin/sh',
    args: ['-c', `cd ${folder} && ${script}`],
    directory: folder,
    privateFolders: [join(folder, 'private')],
    ready: () => Promise.resolve(existsSync(join(folder, 'ready'))),
  }
}

/** Processes that see a mount in the folder. */
function remains(folder: string): string[] {
  return globSync('/proc/[0-9]*').filter((process_) => {
    try {
      return readFileSync(join(process_, 'mountinfo'), 'utf8').includes(folder)
    } catch {
      return false
    }
  })
}

async function untilGone(folder: string): Promise<string[]> {
  for (let i = 0; i < 100 && remains(folder).length > 0; i++) await sleep(50)
  return remains(folder)
}

const declare = needs(test, 'root', 'setpriv', 'unshare')

declare('close() ends the daemon, its children and its mounts', async (t) => {
  const folder = temporaryFolder(t)
  const daemon = await startDaemon(options(folder))
  t.true(remains(folder).length >= 2, 'the daemon and its child are there')
  await daemon.close()
  await daemon.close()
  t.deepEqual(await untilGone(folder), [])
  t.deepEqual(globSync('private/*', { cwd: folder }), [])
})

declare('a daemon that ignores SIGTERM is killed', async (t) => {
  const folder = temporaryFolder(t)
  const daemon = await startDaemon(options(folder, `trap '' TERM; while :; do sleep 1; done`))
  await daemon.close()
  t.deepEqual(await untilGone(folder), [])
})

declare('a daemon that ends at once is an error with its last words', async (t) => {
  const folder = temporaryFolder(t)
  const failing = { ...options(folder), args: ['-c', 'echo no such luck; exit 3'] }
  await t.throwsAsync(startDaemon(failing), { message: /did not start\nno such luck/ })
})

declare('the daemon dies with the process that started it, even when that is killed', async (t) => {
  const folder = temporaryFolder(t)
  const program = join(folder, 'owner.ts')
  const { ready: _, ...rest } = options(folder)
  writeFileSync(
    program,
    `import { existsSync } from 'node:fs'
     import { startDaemon } from ${JSON.stringify(join(import.meta.dirname, 'daemon.ts'))}
     const ready = () => Promise.resolve(existsSync(${JSON.stringify(join(folder, 'ready'))}))
     await startDaemon({ ...${JSON.stringify(rest)}, ready })
     console.log('started')
     setInterval(() => {}, 1000)`,
  )
  const owner = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(owner.stdout, 'data')
  t.true(remains(folder).length >= 2)
  owner.kill('SIGKILL')
  t.deepEqual(await untilGone(folder), [])
})
