import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import test, { type ExecutionContext } from 'ava'
import { type BuildEvent, type BuildOptions, build, importRootfs } from '../../app/index.ts'
import { needs } from '../testing/needs.ts'
import { remainsOf } from '../testing/remains.ts'
import { runOk } from '../testing/run.ts'
import { busyboxTar } from '../testing/workspace.ts'

const withRuntime = needs(test.serial, 'root', 'busybox', 'tar', 'runc')

interface Place {
  readonly folder: string
  readonly root: string
  readonly context: string
}

async function makePlace(t: ExecutionContext, dockerfile: string): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'ibuild-host-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const [root, context] = [join(folder, 'data'), join(folder, 'context')]
  mkdirSync(context)
  writeFileSync(join(context, 'Dockerfile'), dockerfile)
  await importRootfs({ root, tar: Readable.from([await busyboxTar()]), name: 'busybox' })
  return { folder, root, context }
}

withRuntime('a host program that builds and runs stays as it was, and ends by itself', async (t) => {
  const stages = ['a', 'b', 'c'].map((name) => `FROM busybox AS ${name}\nRUN echo ${name} > /${name}\nRUN true\n`)
  const { folder, root, context } = await makePlace(t, stages.join(''))
  const program = join(import.meta.dirname, 'host-program.ts')
  const { stdout, stderr } = await runOk(process.execPath, [program, root, context], { timeout: 60_000 })
  t.is(stdout, 'done\n')
  t.is(stderr, '')
  t.deepEqual(await remainsOf(folder), [])
})

const two = 'FROM busybox AS a\nRUN echo one\nFROM busybox\nRUN echo two\nCOPY --from=a /etc/passwd /x\n'
const rows: [name: string, dockerfile: string, options: Partial<BuildOptions>, ends: Record<string, number>][] = [
  ['stages side by side', two, {}, { 'step-done': 3 }],
  ['one stage of two', two, { target: 'a' }, { 'step-done': 1 }],
  [
    'a step that fails',
    'FROM busybox\nRUN echo one\nRUN echo two; false\nRUN echo three\n',
    {},
    { 'step-done': 1, 'step-failed': 1 },
  ],
  [
    'a step that fails beside another',
    'FROM busybox AS a\nRUN echo; sleep 100\nFROM busybox\nRUN sleep 0.5; false\nCOPY --from=a /x /x\n',
    {},
    { 'step-failed': 1, 'step-cancelled': 1 },
  ],
  ['a warning', 'FROM busybox\nCMD echo\nRUN echo\n', {}, { 'step-done': 1 }],
]

for (const [name, dockerfile, options, ends] of rows) {
  withRuntime(`events come in order: ${name}`, async (t) => {
    const { root, context } = await makePlace(t, dockerfile)
    const events: BuildEvent[] = []
    const all = {
      root,
      context: { kind: 'directory', path: context },
      emit: (event: BuildEvent) => void events.push(event),
      ...options,
    } as const
    await build(all).catch(() => undefined)
    assertOrder(t, events)
    const count = (type: string): number => events.filter((event) => event.type === type).length
    for (const type of ['step-cached', 'step-done', 'step-failed', 'step-cancelled'])
      t.is(count(type), ends[type] ?? 0, type)

    const length = events.length
    await new Promise((resolve) => setTimeout(resolve, 50))
    t.is(events.length, length, 'none comes after the end')
    if ('step-failed' in ends) return
    events.length = 0
    await build(all)
    assertOrder(t, events)
    t.is(count('step-cached'), ends['step-done'] ?? 0)
    t.is(count('step-done'), 0)
  })
}

/** Each step is either found in the cache, or begins, writes and ends, once. */
function assertOrder(t: ExecutionContext, events: readonly BuildEvent[]): void {
  const steps = new Map<number, string[]>()
  for (const event of events) {
    if (!('step' in event)) continue
    const types = steps.get(event.step) ?? []
    steps.set(event.step, [...types, event.type])
  }
  t.true(steps.size > 0)
  t.deepEqual(
    [...steps.keys()].sort((a, b) => a - b),
    Array.from(steps.keys(), (_, i) => i + 1),
    'numbers have no gap',
  )
  for (const [step, types] of steps) {
    t.regex(
      types.join(' '),
      /^(?:step-cached|step-started(?: step-output)* step-(?:done|failed|cancelled))$/,
      `step ${step}`,
    )
  }
}
