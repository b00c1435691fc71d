import test from 'ava'
import { checkRoot } from '../crash/check-root.ts'
import { needs } from '../testing/needs.ts'
import { remainsOf } from '../testing/remains.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'

/** IBUILD_TEST_BUILDS=200 makes a long run of it. */
const builds = Number(process.env['IBUILD_TEST_BUILDS'] ?? 20)

/** All of them share the processors, and a prune may have to wait for all of them. */
const timeout = 120_000 + builds * 10_000

/** Two stages; steps that all builds share, steps of each its own, and RUN steps that no other build has. */
function writeContext(space: Workspace, number: number): string {
  return space.write(`context-${number}`, {
    file: `file ${number}\n`,
    Dockerfile: `FROM busybox AS shared
RUN : ${space.root}; echo shared > /shared
FROM busybox
COPY --from=shared /shared /shared
RUN : ${space.root}; echo ${number} > /number
COPY file /file
`,
  })
}

/** Prunes again and again until it is told to stop; the number of times. */
async function pruneUntil(space: Workspace, stopped: () => boolean): Promise<number> {
  let times = 0
  for (; !stopped(); times++) await space.ok(['prune', ...(times % 2 === 0 ? ['--all'] : [])], { timeout })
  return times
}

async function showImage(space: Workspace, number: number): Promise<string> {
  return (await space.ok(['run', '--network', 'none', `app:${number}`, 'cat', '/shared', '/number', '/file'])).stdout
}

/** Every other build starts only when some have ended, so that some meet a prune that is under way. */
async function buildAll(space: Workspace): Promise<void> {
  const numbers = Array.from({ length: builds }, (_, i) => i)
  const buildOne = async (number: number): Promise<void> => {
    const squash = number % 3 === 0 ? ['--squash'] : []
    await space.ok(['-t', `app:${number}`, ...squash, writeContext(space, number)], { timeout })
  }
  await Promise.all(numbers.map(buildOne))
  await Promise.all(numbers.slice(0, 5).map(async (number) => buildOne(number + builds)))
}

needs(
  test,
  'root',
  'busybox',
  'tar',
  'runc',
)(`${builds} builds at once while prune goes on: every image is whole`, async (t) => {
  t.timeout(2 * timeout)
  const space = await makeWorkspace(t, { base: true })
  let ended = false
  const pruning = pruneUntil(space, () => ended)
  await buildAll(space).finally(() => (ended = true))
  const prunes = await pruning
  t.log(`${prunes} prunes`)
  t.true(prunes >= 2, 'prune came to its turn')
  await checkRoot(t, space.root, 'after the race')
  await space.ok(['prune', '--all'])
  for (let number = 0; number < builds + 5; number++) {
    t.is(await showImage(space, number), `shared\n${number}\nfile ${number}\n`)
  }
  t.deepEqual(await remainsOf(space.root), [])
})
