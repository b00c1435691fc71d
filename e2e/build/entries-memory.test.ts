import { closeSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { opaqueHeader, tarEnd, tarHeader, tarPadding } from '../../builder/layers/tar/write.ts'
import { blankEntry } from '../../builder/layers/testing/entries.ts'
import { needs } from '../testing/needs.ts'
import { runOk } from '../testing/run.ts'
import { ibuildScript, makeWorkspace, type Workspace } from '../testing/workspace.ts'

const mostMiB = 256
const perDirectory = 500
const probe = "process.on('exit', () => require('node:fs').writeSync(2, `peak ${process.resourceUsage().maxRSS}\\n`))\n"

/** Runs the command, with a file as standard input if need be; its peak of memory, which must be within the bound, in MiB. */
async function bounded(
  t: ExecutionContext,
  space: Workspace,
  args: readonly string[],
  stdin?: string,
): Promise<number> {
  space.write('', { 'probe.cjs': probe })
  const env = { NODE_OPTIONS: `--require ${join(space.folder, 'probe.cjs')}` }
  const options = { env, timeout: 300_000 }
  const { stderr } =
    stdin === undefined ? await space.ok(args, options) : await piped(space, args, { ...options, stdin })
  const peak = Math.round(Number(/^peak (\d+)$/m.exec(stderr)?.[1]) / 1024)
  t.log(`${args.join(' ').replaceAll(space.folder, '')}: ${peak} MiB`)
  t.true(peak <= mostMiB, `${args[0]}: ${peak} MiB`)
  return peak
}

/** Runs the command on a file that is larger than what a test wants to hold. */
function piped(
  { root }: Workspace,
  args: readonly string[],
  { stdin, env, timeout }: { readonly stdin: string; readonly env: Record<string, string>; readonly timeout: number },
): Promise<{ readonly stderr: string }> {
  const shell = ['-c', 'exec "$@" < "$STDIN"', 'sh', process.execPath, ibuildScript, ...args]
  return runOk('sh', shell, { env: { ...env, STDIN: stdin, IBUILD_ROOT: root }, timeout })
}

/** A tar with so many of what `make` gives. */
function writeMembers(file: string, count: number, make: (i: number) => Uint8Array): void {
  const fd = openSync(file, 'w')
  for (let at = 0; at < count; at += perDirectory) {
    writeSync(fd, Buffer.concat(Array.from({ length: Math.min(perDirectory, count - at) }, (_, i) => make(at + i))))
  }
  writeSync(fd, tarEnd)
  closeSync(fd)
}

function directoryOf(i: number): string {
  return `usr/lib/modules/package-${String(Math.floor(i / perDirectory)).padStart(6, '0')}`
}

/** A tar of empty files, in directories; those of the last directory come first. */
function writeTar(file: string, count: number): void {
  const fd = openSync(file, 'w')
  for (let at = count / perDirectory - 1; at >= 0; at--) {
    const directory = `usr/lib/modules/package-${String(at).padStart(6, '0')}`
    const names = Array.from({ length: perDirectory }, (_, i) => `${directory}/file-name-${i}.js`)
    const headers = names.map((path) => tarHeader(blankEntry(path, 'file', { mode: 0o644, size: 0 })))
    writeSync(fd, Buffer.concat([tarHeader(blankEntry(directory, 'dir', { mode: 0o755 })), ...headers]))
  }
  writeSync(fd, tarEnd)
  closeSync(fd)
}

test.serial('an archive of 300 000 files is imported, saved and loaded in 256 MiB', async (t) => {
  t.timeout(600_000)
  const space = await makeWorkspace(t)
  const [tar, saved] = [join(space.folder, 'large.tar'), join(space.folder, 'saved.tar')]
  writeTar(tar, 300_000)
  await bounded(t, space, ['import', tar, 'large'])
  await bounded(t, space, ['save', '-o', saved, 'large'])
  await bounded(t, space, ['load', '--root', join(space.folder, 'other'), '-i', saved])
})

test.serial('100 000 files that come as a tar take 256 MiB, as context and for ADD', async (t) => {
  t.timeout(600_000)
  const space = await makeWorkspace(t)
  const [context, folder] = [
    join(space.folder, 'context.tar'),
    space.write('c', { Dockerfile: 'FROM scratch\nADD a.tar /a\n' }),
  ]
  const members = ['Dockerfile', 'FROM scratch\nCOPY . /a\n']
  writeMembers(context, 100_000, (i) => {
    const [path = '', text = ''] = i === 0 ? members : [`${directoryOf(i)}/file-name-${i}.js`, `${i}\n`]
    const header = tarHeader(blankEntry(path, 'file', { mode: 0o644, size: text.length }))
    return Buffer.concat([header, Buffer.from(text), tarPadding(text.length)])
  })
  await bounded(t, space, ['build', '-q', '-'], context)
  renameSync(context, join(folder, 'a.tar'))
  await bounded(t, space, ['build', '-q', folder])
})

test.serial(
  '300 000 opaque marks in directories without an entry and 300 000 hardlinks are imported in 256 MiB',
  async (t) => {
    t.timeout(600_000)
    const space = await makeWorkspace(t)
    const tar = join(space.folder, 'large.tar')
    const link = (path: string, linkname: string): Uint8Array => tarHeader(blankEntry(path, 'hardlink', { linkname }))
    writeMembers(tar, 600_000, (i) => {
      const path = `${directoryOf(i)}/${i}`
      return i % 2 === 0
        ? opaqueHeader(blankEntry(path, 'whiteout', { opaque: true }))
        : link(path, `from/below/${path}`)
    })
    await bounded(t, space, ['import', tar, 'large'])
  },
)

/** Small files, in directories. */
function writeFiles(folder: string, from: number, to: number): void {
  for (let at = from / perDirectory; at < to / perDirectory; at++) {
    const directory = join(folder, `package-${String(at).padStart(6, '0')}`)
    mkdirSync(directory, { recursive: true })
    for (let i = 0; i < perDirectory; i++) writeFileSync(join(directory, `file-name-${i}.js`), `${at} ${i}`)
  }
}

// A million of them were measured to take no more than 256 MiB; what 90 000 more take tells whether that still holds.
const copies = [
  { what: 'from a context', target: ['--target', 'first'], mostMore: 36 },
  { what: 'from a context, cached', target: ['--target', 'first'], mostMore: 24 },
  { what: 'from a stage', target: [], mostMore: 70 },
  { what: 'from a stage, cached', target: [], mostMore: 42 },
] as const

test.serial('COPY takes 256 MiB at most, and little more for 100 000 files than for 10 000', async (t) => {
  t.timeout(600_000)
  const space = await makeWorkspace(t)
  const context = space.write('c', {
    Dockerfile: 'FROM scratch AS first\nCOPY src /src\nFROM scratch\nCOPY --from=first / /\n',
  })
  const peaks: number[][] = []
  for (const [from, to] of [
    [0, 10_000],
    [10_000, 100_000],
  ] as const) {
    writeFiles(join(context, 'src'), from, to)
    const round: number[] = []
    for (const { target } of copies)
      round.push(await bounded(t, space, ['build', '-q', ...target, '-t', 'app', context]))
    peaks.push(round)
  }
  const [few = [], many = []] = peaks
  for (const [i, { what, mostMore }] of copies.entries()) {
    const more = (many[i] ?? Number.NaN) - (few[i] ?? Number.NaN)
    t.true(more <= mostMore, `${what}: ${more} MiB more`)
  }
})

const withRuntime = needs(test.serial, 'root', 'busybox', 'tar', 'runc')

withRuntime('a RUN that leaves 300 000 files takes 256 MiB', async (t) => {
  t.timeout(600_000)
  const space = await makeWorkspace(t, { base: true })
  const script = 'for i in $(seq 60); do mkdir /d$i && cd /d$i && seq 1 5000 | xargs touch; done'
  const context = space.write('c', { Dockerfile: `FROM busybox\nRUN ${script}\n` })
  await bounded(t, space, ['build', '-q', '-t', 'app', context])
})

withRuntime('one folder of 300 000 files takes 256 MiB, from a RUN and for a COPY of it', async (t) => {
  t.timeout(600_000)
  const space = await makeWorkspace(t, { base: true })
  const context = space.write('c', {
    Dockerfile: `FROM busybox AS first\nRUN mkdir /d && cd /d && seq 1 300000 | xargs touch\nFROM busybox\nCOPY --from=first /d /d\n`,
  })
  await bounded(t, space, ['build', '-q', '--target', 'first', context])
  await bounded(t, space, ['build', '-q', context])
})
