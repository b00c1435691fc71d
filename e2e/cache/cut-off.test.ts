import { readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { needs } from '../testing/needs.ts'
import { runOk } from '../testing/run.ts'
import { makeWorkspace, sourceScript, type Workspace } from '../testing/workspace.ts'
import { outcomesOf, type StepOutcome } from './outcomes.ts'

interface Row {
  readonly name: string
  /** The same in both builds, before the step. */
  readonly setup?: readonly string[]
  /** The step as it is built first and then again. */
  readonly steps: readonly [before: string, after: string]
  /** What the second build says of the step; what follows hits exactly when the result is the same. */
  readonly outcome: StepOutcome['outcome']
  /** The result has times of the run in it: without the window it is another one each time. */
  readonly timed?: boolean
  /** What it says of the step after it, when that is another one too. */
  readonly next?: StepOutcome['outcome']
  /** Nothing of the change is in the image's history, so even its ID stays. */
  readonly sameImage?: boolean
  /** Flags of the second build. */
  readonly flags?: readonly string[]
  /** Changes the context between the builds. */
  readonly touch?: (context: string) => void
}

const twice = (command: string): [string, string] => [`RUN ${command} # one`, `RUN ${command} # two`]
const laterToo = (command: string): [string, string] => [`RUN ${command}`, `RUN sleep 1.1; ${command}`]

const rows: readonly Row[] = [
  { name: 'a comment in a command', steps: twice('echo made > /made'), outcome: 'same', timed: true },
  {
    name: 'a comment in a heredoc',
    steps: ['RUN <<E\n# one\necho made > /made\nE', 'RUN <<E\n# two\n\necho made > /made\nE'],
    outcome: 'same',
    timed: true,
  },
  {
    name: 'a command that does the same in other words',
    steps: ['RUN mkdir -p /d/e && echo x > /d/e/f', 'RUN mkdir /d; mkdir /d/e; printf "x\\n" > /d/e/f'],
    outcome: 'same',
    timed: true,
  },
  {
    name: 'directories, links and a fifo',
    steps: twice('mkdir -p /d/e; echo x > /d/f; ln /d/f /d/g; ln -s f /d/s; mkfifo /d/p'),
    outcome: 'same',
    timed: true,
  },
  {
    name: 'an environment that the command does not look at',
    steps: ['ENV A=1\nRUN echo made > /made', 'ENV A=2\nRUN echo made > /made'],
    outcome: 'same',
    next: 'same',
    timed: true,
  },
  { name: 'touch -d to a fixed time', steps: twice('echo x > /f; touch -d @1000000000 /f'), outcome: 'same' },
  {
    name: 'touch -d to a time that moves',
    steps: laterToo('echo x > /f; touch -d @$(($(date +%s) - 3600)) /f'),
    outcome: 'done',
  },
  {
    name: 'touch -d of a directory to a time that moves',
    steps: laterToo('mkdir /d; touch -d @$(($(date +%s) - 3600)) /d'),
    outcome: 'done',
  },
  { name: 'cp -p of a file of the context', steps: twice('cp -p /row /copy'), outcome: 'same' },
  {
    name: 'cp -p of a file of the context whose time changed',
    steps: twice('cp -p /row /copy'),
    touch: (context) => utimesSync(join(context, 'row'), 5, 5),
    outcome: 'same', // the COPY is a hit whatever the time, so the file below is the old one
  },
  {
    name: 'cp -p of a file of the context that is no older than the run',
    steps: twice('cp -p /row /copy'),
    touch: (context) => utimesSync(join(context, 'row'), new Date(), new Date()),
    outcome: 'same',
  },
  { name: 'cp without -p', steps: twice('cp /row /copy'), outcome: 'same', timed: true },
  { name: 'cp -p of a file of the run', steps: twice('echo x > /f; cp -p /f /g'), outcome: 'same', timed: true },
  { name: 'tar -x with old times', steps: twice('tar -xf /old.tar -C /'), outcome: 'same' },
  {
    name: 'a compiled file that embeds the time of its source',
    steps: twice('mkdir /c; stat -c %Y /row > /c/row.pyc; cat /row >> /c/row.pyc'),
    outcome: 'same',
    timed: true,
  },
  {
    name: 'a compiled file that embeds the time of a source of the run',
    steps: laterToo('echo x > /src; stat -c %Y /src > /src.pyc'),
    outcome: 'done',
  },
  { name: 'the time of the run in a file', steps: laterToo('date +%s > /now'), outcome: 'done' },
  { name: 'something random in a file', steps: twice('cat /proc/sys/kernel/random/uuid > /id'), outcome: 'done' },
  { name: 'chmod to the same mode', steps: twice('chmod 600 /row'), outcome: 'same' },
  { name: 'chmod to another mode', steps: ['RUN chmod 600 /row', 'RUN chmod 640 /row'], outcome: 'done' },
  { name: 'chown to another owner', steps: ['RUN chown 1 /row', 'RUN chown 2 /row'], outcome: 'done' },
  { name: 'chown to another group', steps: ['RUN chown 1:1 /row', 'RUN chown 1:2 /row'], outcome: 'done' },
  { name: 'another size', steps: ['RUN echo x > /f', 'RUN echo xx > /f'], outcome: 'done' },
  { name: 'another content of the same size', steps: ['RUN echo x > /f', 'RUN echo y > /f'], outcome: 'done' },
  { name: 'another link target', steps: ['RUN ln -s x /l', 'RUN ln -s y /l'], outcome: 'done' },
  { name: 'a copy in the place of a hard link', steps: ['RUN ln /row /l', 'RUN cp -p /row /l'], outcome: 'done' },
  { name: 'one file more', steps: ['RUN echo x > /f', 'RUN echo x > /f; echo x > /g'], outcome: 'done' },
  { name: 'removed files alone', steps: twice('rm /row /old.tar'), outcome: 'same' },
  { name: 'a removed file in a folder', steps: twice('rm /etc/group'), outcome: 'same', timed: true },
  {
    name: 'a folder that is made anew in the place of removed files',
    steps: ['RUN rm /home/x/a /home/x/b', 'RUN rm -r /home/x; mkdir /home/x'],
    setup: ['RUN mkdir /home/x; touch /home/x/a /home/x/b'],
    outcome: 'done',
  },
  { name: 'a folder that is made anew', steps: twice('rm -r /home; mkdir /home'), outcome: 'same', timed: true },
  { name: 'nothing at all', steps: twice('true'), outcome: 'same' },
  {
    name: 'a package that unpacks and registers itself',
    steps: twice('tar -xf /old.tar -C /; mkdir -p /db; echo old 1.0 >> /db/status; cp /db/status /db/status-old'),
    outcome: 'same',
    timed: true,
  },
  {
    name: 'a changed parent with an equal diff',
    setup: ['COPY parent /parent'],
    steps: ['RUN echo made > /made', 'RUN echo made > /made'],
    touch: (context) => writeFileSync(join(context, 'parent'), 'other'),
    outcome: 'done',
  },
  {
    name: 'a limit that the command does not reach',
    steps: ['RUN echo made > /made', 'RUN echo made > /made'],
    outcome: 'same',
    next: 'same',
    timed: true,
    sameImage: true,
    flags: ['--ulimit', 'nofile=99'],
  },
  { name: '--no-cache', steps: twice('echo made > /made'), outcome: 'done', flags: ['--no-cache'] },
  {
    name: '--no-cache-filter of the stage',
    steps: twice('echo made > /made'),
    outcome: 'done',
    flags: ['--no-cache-filter', '0'],
  },
  {
    name: 'another SOURCE_DATE_EPOCH that the results have no time of',
    steps: twice('rm /row'),
    outcome: 'done',
    flags: ['--build-arg', 'SOURCE_DATE_EPOCH=1500000000'],
  },
  {
    name: 'COPY with directories made on the way, its destination written in another way',
    steps: ['COPY parent /new/way/', 'COPY parent /new/way/parent'],
    outcome: 'same',
    timed: true,
  },
  {
    name: 'COPY of a heredoc file',
    steps: ['COPY <<f /new/\nx\nf', 'COPY <<f /new/f\nx\nf'],
    outcome: 'same',
    timed: true,
  },
  {
    name: 'COPY of a heredoc file with other content',
    steps: ['COPY <<f /\nx\nf', 'COPY <<f /\ny\nf'],
    outcome: 'done',
  },
  { name: 'COPY with another owner', steps: ['COPY parent /p', 'COPY --chown=1 parent /p'], outcome: 'done' },
  {
    name: 'COPY with the same owner, written in another way',
    steps: ['COPY --chown=app parent /p', 'COPY --chown=1000:1001 parent /p'],
    outcome: 'same',
  },
  {
    name: 'COPY of a file whose time changed, with another destination text',
    steps: ['COPY parent /', 'COPY parent /parent'],
    touch: (context) => utimesSync(join(context, 'parent'), 5, 5),
    outcome: 'done',
  },
  {
    name: 'WORKDIR of the same owner, written in another way',
    steps: ['USER 0:0\nWORKDIR /w/x', 'USER root:root\nWORKDIR /w/x'],
    outcome: 'same',
    timed: true,
  },
  { name: 'WORKDIR of another owner', steps: ['USER 0\nWORKDIR /w', 'USER app\nWORKDIR /w'], outcome: 'done' },
]

/** Every row has layers of its own below, so that none finds the results of another. */
async function layOut(space: Workspace, row: Row): Promise<{ context: string; dockerfile: (step: string) => string }> {
  const context = space.write(`row ${row.name.replace(/\W+/g, '-')}`, { row: row.name, parent: 'parent' })
  space.write('tar', { unpacked: 'old' })
  await runOk('tar', ['-C', join(space.folder, 'tar'), '--mtime=@900000000', '-cf', join(context, 'old.tar'), '.'])
  const setup = ['FROM busybox', 'COPY row old.tar /', ...(row.setup ?? [])]
  const dockerfile = (step: string): string => [...setup, step, 'USER root', 'RUN echo next > /next', ''].join('\n')
  return { context, dockerfile }
}

interface Rebuild {
  readonly step: StepOutcome | undefined
  readonly next: StepOutcome | undefined
  readonly sameLayers: boolean
  readonly sameImage: boolean
}

async function buildTwice(space: Workspace, row: Row, env: Readonly<Record<string, string>> = {}): Promise<Rebuild> {
  const { context, dockerfile } = await layOut(space, row)
  const [before, after] = row.steps
  const build = async (
    step: string,
    flags: readonly string[],
  ): Promise<{ progress: string; layers: string; id: string }> => {
    writeFileSync(join(context, 'Dockerfile'), dockerfile(step))
    writeFileSync(join(context, '.dockerignore'), 'Dockerfile')
    const { stdout, stderr } = await space.ok(['--progress', 'plain', ...flags, context], { env })
    const config = readFileSync(join(space.root, 'blobs', stdout.trim().replace(':', '/')), 'utf8')
    return { progress: stderr, layers: JSON.stringify(JSON.parse(config).rootfs.diff_ids), id: stdout }
  }
  const first = await build(before, [])
  row.touch?.(context)
  const second = await build(after, row.flags ?? [])
  const outcomes = outcomesOf(second.progress)
  return {
    step: outcomes.at(-2),
    next: outcomes.at(-1),
    sameLayers: first.layers === second.layers,
    sameImage: first.id === second.id,
  }
}

const withRuntime = needs(test.serial, 'root', 'busybox', 'tar', 'runc')
const closers: (() => void)[] = []
let shared: Promise<Workspace> | undefined

/** One store for all rows; a part of the sources is taken away in some. */
function sharedSpace(): Promise<Workspace> {
  shared ??= makeWorkspace(
    { teardown: (close: () => void) => closers.push(close) },
    { base: true, script: sourceScript },
  )
  return shared
}

test.after.always(() => {
  for (const close of closers) close()
})

for (const row of rows) {
  withRuntime(`${row.outcome === 'same' ? 'cut off' : 'not cut off'}: ${row.name}`, async (t) => {
    const { step, next, sameLayers, sameImage } = await buildTwice(await sharedSpace(), row)
    t.is(step?.outcome, row.outcome)
    t.is(next?.outcome, row.next ?? (row.outcome === 'same' ? 'cached' : 'done'))
    t.is(sameLayers, row.outcome === 'same')
    if (row.sameImage === true) t.true(sameImage)
  })
}

withRuntime('after --no-cache it is the newest result that stands for later ones', async (t) => {
  const space = await sharedSpace()
  const context = space.write('newest', {})
  const layersOf = async (comment: string, ...flags: string[]): Promise<string> => {
    writeFileSync(join(context, 'Dockerfile'), `FROM busybox\nRUN echo newest > /newest # ${comment}\n`)
    const { stdout } = await space.ok([...flags, context])
    return JSON.stringify(
      JSON.parse(readFileSync(join(space.root, 'blobs', stdout.trim().replace(':', '/')), 'utf8')).rootfs,
    )
  }
  const first = await layersOf('one')
  const newest = await layersOf('one', '--no-cache')
  t.not(newest, first)
  t.is(await layersOf('two'), newest)
})

/** The command with the window of the run taken away, so that every time counts. */
const withoutWindow = `
import { registerHooks } from 'node:module'
registerHooks({
  load(url, context, next) {
    const found = next(url, context)
    if (!url.endsWith('/solve/own-times.ts')) return found
    const source = String(found.source)
    const changed = source.replace(' && !(isOwnTime(mtime, a.own) && isOwnTime(time, b.own))', '')
    if (changed === source) throw new Error('the test of times is not where it was')
    return { ...found, source: changed }
  },
})`

for (const row of rows.filter(({ outcome }) => outcome === 'same')) {
  const kept = row.timed !== true
  withRuntime(`without the window ${kept ? 'still' : 'not'} cut off: ${row.name}`, async (t) => {
    const space = await sharedSpace()
    const hook = join(space.folder, 'without-window.mjs')
    writeFileSync(hook, withoutWindow)
    const changed = { ...row, setup: ['COPY old.tar /without-window', ...(row.setup ?? [])] }
    const { step, next } = await buildTwice(space, changed, { NODE_OPTIONS: `--import=${hook}` })
    t.is(step?.outcome, kept ? 'same' : 'done')
    t.is(next?.outcome, kept ? (row.next ?? 'cached') : 'done')
  })
}
