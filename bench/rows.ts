import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BaseImage } from './contender.ts'
import { busyboxImage, debian, packages } from './images.ts'
import { serveMirror } from './mirror.ts'

/** What a row needs to run, made once for all contenders. */
export interface Work extends AsyncDisposable {
  readonly base: BaseImage
  readonly context: string
  /** False: each measured build runs every step. */
  readonly cache: boolean
  /** Changes the context before each round. */
  readonly change?: (round: number) => void
  /** Says what is wrong when a measured build did not do its work; undefined when it did. */
  readonly fault: (done: Done) => string | undefined
}

/** A measured build: what it printed, and the image that the tag named before and after. */
export interface Done {
  readonly output: string
  readonly before: string | undefined
  readonly after: string
}

export interface Row {
  readonly name: string
  readonly title: string
  readonly contenders: readonly string[]
  readonly rounds: number
  /** Highest allowed ratio of the medians, contender to docker. */
  readonly must: ReadonlyMap<string, number>
  prepare(directory: string): Promise<Work>
}

const peers = ['docker', 'buildkit', 'buildah']

/** All rows. One that measures cached work builds once before it measures. */
export const rows: readonly Row[] = [
  {
    name: 'B1',
    title: '5 x `RUN echo` on busybox, no cache',
    contenders: ['ibuild-runc', 'ibuild-crun', ...peers],
    rounds: 9,
    must: new Map([
      ['ibuild-runc', 0.95],
      ['ibuild-crun', 0.5],
    ]),
    prepare: async (directory) => ({ ...(await fiveRuns(directory)), cache: false, fault: allRan }),
  },
  {
    name: 'B2',
    title: '5 x `RUN echo` on busybox, all cached',
    contenders: ['ibuild', ...peers],
    rounds: 21,
    must: new Map([['ibuild', 0.75]]),
    prepare: async (directory) => ({ ...(await fiveRuns(directory)), cache: true, fault: nothingRan }),
  },
  {
    name: 'B3',
    title: `minimal Debian, \`apt-get update\` and \`apt-get install ${packages.join(' ')}\` from a mirror on loopback, no cache`,
    contenders: ['ibuild', ...peers],
    rounds: 3,
    must: new Map([['ibuild', 1.0]]),
    prepare: async (directory) => ({ ...(await aptInstall(directory)), cache: false, fault: installed }),
  },
  {
    name: 'B4',
    title: 'a one-file COPY behind B3, the file changed',
    contenders: ['ibuild', ...peers],
    rounds: 9,
    must: new Map([['ibuild', 0.85]]),
    prepare: changedCopy,
  },
  {
    name: 'B7',
    title: 'COPY of 10 000 files, 100 MB, nothing changed',
    contenders: ['ibuild', ...peers],
    rounds: 5,
    must: new Map([['ibuild', 1.0]]),
    prepare: manyFiles,
  },
]

type Scene = Omit<Work, 'cache' | 'fault'>

const nothing = async (): Promise<void> => undefined

async function fiveRuns(directory: string): Promise<Scene> {
  const runs = [1, 2, 3, 4, 5].map((i) => `RUN echo ran-$((40 + ${i}))`)
  const context = makeContext(directory, ['FROM busybox', ...runs])
  return { base: await busyboxImage(directory), context, [Symbol.asyncDispose]: nothing }
}

function allRan({ output }: Done): string | undefined {
  const missing = [41, 42, 43, 44, 45].filter((i) => !output.includes(`ran-${i}`))
  return missing.length === 0 ? undefined : `steps ${missing.join(', ')} did not run`
}

function nothingRan({ output, before, after }: Done): string | undefined {
  if (/ran-4\d/.test(output)) return 'a step ran'
  return before === after ? undefined : `another image was made: ${before} became ${after}`
}

async function aptInstall(directory: string): Promise<Scene> {
  const { image, mirror } = await debian()
  const server = await serveMirror(mirror)
  const source = `echo "deb [trusted=yes] ${server.url} ./" > /etc/apt/sources.list`
  const install = `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`
  const context = makeContext(directory, [`FROM ${image.name}`, `RUN ${source} && ${install}`])
  return { base: image, context, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

function installed({ output }: Done): string | undefined {
  const missing = packages.filter((name) => !output.includes(`Setting up ${name} (`))
  return missing.length === 0 ? undefined : `${missing.join(', ')} was not installed`
}

async function changedCopy(directory: string): Promise<Work> {
  const scene = await aptInstall(directory)
  writeFileSync(join(scene.context, 'Dockerfile'), 'COPY file /file\n', { flag: 'a' })
  const change = (round: number): void => writeFileSync(join(scene.context, 'file'), `version ${round} of the file\n`)
  return { ...scene, cache: true, change, fault: onlyCopied }
}

function onlyCopied({ output, before, after }: Done): string | undefined {
  if (output.includes('Setting up')) return 'the RUN ran'
  return before === after ? 'no new image was made' : undefined
}

async function manyFiles(directory: string): Promise<Work> {
  const context = makeContext(directory, ['FROM busybox', 'COPY . /files/'])
  for (let i = 0; i < 10_000; i++) {
    const folder = join(context, `d${i % 100}`)
    if (i < 100) mkdirSync(folder)
    writeFileSync(join(folder, `f${i}`), `${i} `.repeat(10_000).slice(0, 10_000))
  }
  const base = await busyboxImage(directory)
  return { base, context, cache: true, fault: nothingRan, [Symbol.asyncDispose]: nothing }
}

function makeContext(directory: string, lines: readonly string[]): string {
  const context = join(directory, 'context')
  mkdirSync(context)
  writeFileSync(join(context, 'Dockerfile'), `${lines.join('\n')}\n`)
  return context
}
