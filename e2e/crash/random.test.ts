import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { openStore } from '../../builder/store/open.ts'
import { needs } from '../testing/needs.ts'
import { randomFrom } from '../testing/random.ts'
import { remainsOf } from '../testing/remains.ts'
import { ibuildScript, makeWorkspace, type Workspace } from '../testing/workspace.ts'
import { checkRoot } from './check-root.ts'

const builds = 40
const seed = 20_240_229

/** Three stages, two of them side by side. ROUND makes each build a new one; RUN steps set the times of what they make. */
const dockerfile = (root: string): string => `
FROM busybox AS left
ARG ROUND
RUN : ${root}; mkdir /left && echo "$ROUND" > /left/round && touch -d @1700000000 /left/round /left
FROM busybox AS right
COPY tree/ /
ARG ROUND
RUN : ${root}; mkdir /right && echo "$ROUND" > /right/round && touch -d @1700000000 /right/round /right
FROM right
COPY --from=left /left /left
COPY --chown=app:app tree/ /
`

/** Starts a build and kills it after a while with SIGKILL. Returns how long it took if it ended by itself. */
async function killBuild(space: Workspace, args: readonly string[], delay: number): Promise<number | undefined> {
  const started = Date.now()
  const child = spawn(process.execPath, [ibuildScript, ...args], {
    env: { ...process.env, IBUILD_ROOT: space.root },
    stdio: 'ignore',
  })
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('exit', (_, signal) => resolve(signal)))
  await Promise.race([ended, sleep(delay)])
  child.kill('SIGKILL')
  return (await ended) === 'SIGKILL' ? undefined : Date.now() - started
}

function diffIDs(root: string): readonly string[] {
  return openStore(root).images.get('app')?.config.rootfs.diff_ids ?? []
}

needs(
  test,
  'root',
  'busybox',
  'tar',
  'runc',
)(`after ${builds} builds killed at random moments a build gives what it gives on a fresh store`, async (t) => {
  t.timeout(600_000)
  const [space, fresh] = [await makeWorkspace(t, { base: true }), await makeWorkspace(t, { base: true })]
  const files = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`tree/files/f${i}`, `content ${i}`]))
  const context = space.write('context', { ...files, Dockerfile: dockerfile(space.root) })
  const args = (round: string): string[] => ['-t', 'app', '--build-arg', `ROUND=${round}`, context]

  const started = Date.now()
  await fresh.ok(args('last'))
  let longest = Date.now() - started
  const random = randomFrom(seed)
  let killed = 0
  for (let round = 0; round < builds; round++) {
    const took = await killBuild(space, args(String(round)), random.int(Math.round(longest)))
    if (took === undefined) killed++
    // A machine that is busier by now needs longer.
    longest = took === undefined ? longest * 1.05 : Math.min(longest, took * 1.5)
    if (round % 8 === 7) {
      t.deepEqual(await remainsOf(space.root), [], `round ${round}`)
      await checkRoot(t, space.root, `round ${round}`)
    }
  }
  const steps = openStore(space.root).records.list().length
  t.log(`${killed} of ${builds} builds were killed; they came to the end of ${steps} steps`)
  t.true(killed > builds / 3 && steps > builds / 2)

  await space.ok(args('last'))
  await checkRoot(t, space.root, 'at the end')
  t.is(diffIDs(space.root).length, 5)
  t.deepEqual(diffIDs(space.root), diffIDs(fresh.root))
})
