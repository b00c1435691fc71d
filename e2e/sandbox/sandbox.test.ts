import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { createExecutor } from '../../builder/exec/create-executor.ts'
import { runIn } from '../../builder/exec/testing-run.ts'
import { type Dockerd, startDockerd } from '../testing/dockerd.ts'
import { needs } from '../testing/needs.ts'
import { runOk } from '../testing/run.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import { accepted } from './accepted.ts'
import { makeProbeRoot, probeCommand } from './probe.ts'

const users = [0, 1000] as const
const runtimes = ['crun', 'runc'] as const
const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

needs(
  test,
  'root',
  'dockerd',
  'docker',
  'busybox',
  ...runtimes,
)('a RUN may see and do what docker run lets it', async (t) => {
  const folder = temporaryFolder(t)
  const root = join(folder, 'root')
  await makeProbeRoot(root)
  const docker = await dockerWithProbe(t, folder, root)
  const used = new Set<number>()
  for (const user of users) {
    const expected = await probeInDocker(docker, user)
    t.true(expected.length > 100)
    for (const runtime of runtimes) {
      const found = await probeInRun(join(folder, `${runtime}-${user}`), { root, runtime, user })
      const differences = compare(expected, found, runtime, used)
      t.deepEqual(differences, [], `${runtime}, user ${user}`)
    }
  }
  t.log(`${used.size} accepted differences`)
  const unused = accepted.filter((_row, index) => !used.has(index))
  t.deepEqual(
    unused.map(({ why }) => why),
    [],
  )
})

async function dockerWithProbe(t: ExecutionContext, folder: string, root: string): Promise<Dockerd> {
  const daemon = await startDockerd(join(folder, 'docker'))
  t.teardown(() => daemon.close())
  await runOk('tar', ['-C', root, '-cf', join(folder, 'root.tar'), '.'])
  await daemon.docker(['import', join(folder, 'root.tar'), 'probe'])
  return daemon
}

async function probeInDocker(daemon: Dockerd, user: number): Promise<string[]> {
  const isolation = ['--network=none', '--cgroupns=private', '--hostname=box', `--user=${user}:${user}`]
  const { stdout, stderr } = await daemon.docker(['run', '--rm', ...isolation, 'probe', ...probeCommand()])
  return linesOf(stdout + stderr)
}

interface Where {
  readonly root: string
  readonly runtime: string
  readonly user: number
}

async function probeInRun(folder: string, { root, runtime, user }: Where): Promise<string[]> {
  const executor = await createExecutor({ stateDir: join(folder, 'state'), runtime, ownProcess: true })
  const { stdout, stderr } = await runIn(executor, folder, {
    lowers: [root],
    args: probeCommand(),
    env: [path],
    user: { uid: user, gid: user, additionalGids: [] },
  })
  return linesOf(stdout + stderr)
}

function linesOf(text: string): string[] {
  return text.trimEnd().split('\n')
}

/** Lines that only one side has and no row accepts; notes the rows that were needed. */
function compare(docker: readonly string[], ours: readonly string[], runtime: string, used: Set<number>): string[] {
  const unexplained = (lines: readonly string[], others: readonly string[], side: 'docker' | 'ours'): string[] =>
    lines.filter((line) => !others.includes(line) && !isAccepted(line, { side, runtime, used }))
  return [
    ...unexplained(docker, ours, 'docker').map((line) => `- ${line}`),
    ...unexplained(ours, docker, 'ours').map((line) => `+ ${line}`),
  ]
}

interface Question {
  readonly side: 'docker' | 'ours'
  readonly runtime: string
  readonly used: Set<number>
}

function isAccepted(line: string, { side, runtime, used }: Question): boolean {
  const row = accepted.findIndex((one) => one[side]?.test(line) === true && (one.runtime ?? runtime) === runtime)
  if (row >= 0) used.add(row)
  return row >= 0
}
