import { packages } from './images.ts'
import { pushFault } from './pushed.ts'
import {
  aptInstall,
  baseInRegistry,
  bigFile,
  changedCopy,
  fiveRuns,
  manyFiles,
  pushedInstall,
  type Scene,
  sixtySteps,
  twentyLayers,
} from './scenes.ts'
import type { Done, Work } from './work.ts'

/** Highest allowed ratio of the medians of a contender. */
export interface Limit {
  readonly ratio: number
  /** To which contender; the reference of the row without it. */
  readonly to?: string
}

export interface Row {
  readonly name: string
  readonly title: string
  readonly contenders: readonly string[]
  /** The contender to which the others are compared. */
  readonly reference: string
  readonly rounds: number
  /** Of contenders. */
  readonly must: ReadonlyMap<string, Limit>
  /** Largest resident memory allowed of ours, MiB. */
  readonly memory?: number
  prepare(directory: string): Promise<Work>
}

const peers = ['docker', 'buildkit', 'buildah']
const besideAll = { contenders: ['ibuild', ...peers], reference: 'docker' }

/** All rows. One that measures cached work builds once before it measures. */
export const rows: readonly Row[] = [
  {
    name: 'B1',
    title: '5 x `RUN echo` on busybox, no cache',
    contenders: ['ibuild-runc', 'ibuild-crun', ...peers],
    reference: 'docker',
    rounds: 9,
    must: new Map([
      ['ibuild-runc', { ratio: 0.95 }],
      ['ibuild-crun', { ratio: 0.5 }],
    ]),
    prepare: work(fiveRuns, { cache: false, fault: allRan }),
  },
  {
    name: 'B2',
    title: '5 x `RUN echo` on busybox, all cached',
    ...besideAll,
    rounds: 21,
    must: new Map([['ibuild', { ratio: 0.75 }]]),
    prepare: work(fiveRuns, { cache: true, fault: nothingRan }),
  },
  {
    name: 'B3',
    title: `minimal Debian, \`apt-get update\` and \`apt-get install ${packages.join(' ')}\` from a mirror on loopback, no cache`,
    ...besideAll,
    rounds: 3,
    must: new Map([['ibuild', { ratio: 1.0 }]]),
    memory: 256,
    prepare: work(aptInstall, { cache: false, fault: installed }),
  },
  {
    name: 'B4',
    title: 'a one-file COPY behind B3, the file changed',
    ...besideAll,
    rounds: 9,
    must: new Map([['ibuild', { ratio: 0.85 }]]),
    prepare: work(changedCopy, { cache: true, fault: onlyCopied }),
  },
  {
    name: 'B5',
    title: 'a one-file COPY on a base of 1 GiB in a registry, nothing of it in the store; built and pushed',
    contenders: ['ibuild', 'buildkit', 'buildah'],
    reference: 'buildah',
    rounds: 3,
    must: new Map([['ibuild', { ratio: 0.05 }]]),
    memory: 256,
    prepare: work(baseInRegistry, { cache: true, fault: noLayerMoved }),
  },
  {
    name: 'B6',
    title: 'B3, and the image pushed in the same command to a registry that has the base',
    contenders: ['ibuild-gzip', 'ibuild-zstd', 'docker', 'buildkit-gzip', 'buildkit-zstd'],
    reference: 'buildkit-gzip',
    rounds: 3,
    must: new Map([
      ['ibuild-gzip', { ratio: 0.75 }],
      ['ibuild-zstd', { ratio: 1.0, to: 'buildkit-zstd' }],
    ]),
    memory: 256,
    prepare: work(pushedInstall, { cache: false, fault: installedAndPushed }),
  },
  {
    name: 'B7',
    title: 'COPY of 10 000 files, 100 MB, nothing changed',
    ...besideAll,
    rounds: 5,
    must: new Map([['ibuild', { ratio: 1.0 }]]),
    memory: 256,
    prepare: work(manyFiles, { cache: true, fault: nothingRan }),
  },
  {
    name: 'B8',
    title: 'COPY of one file of 2 GiB, changed',
    ...besideAll,
    rounds: 3,
    must: new Map([['ibuild', { ratio: 1.0 }]]),
    memory: 256,
    prepare: work(bigFile, { cache: true, fault: otherImage }),
  },
  {
    name: 'B9',
    title: '60 steps, the last one changed',
    ...besideAll,
    rounds: 9,
    must: new Map([['ibuild', { ratio: 1.0 }]]),
    prepare: work(sixtySteps, { cache: true, fault: onlyLast }),
  },
  {
    name: 'B10',
    title: 'squash of 20 layers of 25 MB into one, the last layer changed',
    contenders: ['ibuild', 'buildah'],
    reference: 'buildah',
    rounds: 3,
    must: new Map([['ibuild', { ratio: 0.5 }]]),
    memory: 256,
    prepare: work(twentyLayers, { cache: true, squash: true, fault: otherImage }),
  },
]

function work(
  scene: (directory: string) => Promise<Scene>,
  measured: Pick<Work, 'cache' | 'squash' | 'fault'>,
): Row['prepare'] {
  return async (directory) => ({ ...(await scene(directory)), ...measured })
}

function allRan({ output }: Done): string | undefined {
  const missing = [41, 42, 43, 44, 45].filter((i) => !output.includes(`ran-${i}`))
  return missing.length === 0 ? undefined : `steps ${missing.join(', ')} did not run`
}

function nothingRan({ output, before, after }: Done): string | undefined {
  if (/ran-4\d/.test(output)) return 'a step ran'
  return before === after ? undefined : `another image was made: ${before} became ${after}`
}

function installed({ output }: Done): string | undefined {
  const missing = packages.filter((name) => !output.includes(`Setting up ${name} (`))
  return missing.length === 0 ? undefined : `${missing.join(', ')} was not installed`
}

async function installedAndPushed(done: Done): Promise<string | undefined> {
  return installed(done) ?? pushFault(done)
}

function onlyCopied({ output, before, after }: Done): string | undefined {
  if (output.includes('Setting up')) return 'the RUN ran'
  return before === after ? 'no new image was made' : undefined
}

/** The commands themselves are shown as they are written: only what they print has no `echo` before it. */
function onlyLast({ output, before, after }: Done): string | undefined {
  if (/(?<!echo )step-\d/.test(output)) return 'a cached step ran'
  if (!/last-\d/.test(output)) return 'the last step did not run'
  return before === after ? 'no new image was made' : undefined
}

/** Ours tells what moved: a layer of the base has hundreds of megabytes. */
function noLayerMoved(done: Done): string | undefined {
  const moved = /\b(?:pulled|pushed|read) [\d.]+(?:MB|GB)/.exec(done.output)?.[0]
  return moved === undefined ? otherImage(done) : `a layer of the base moved: ${moved}`
}

function otherImage({ before, after }: Done): string | undefined {
  return before === after ? 'no new image was made' : undefined
}
