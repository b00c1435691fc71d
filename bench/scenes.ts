import { appendFileSync, closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { startRegistry } from '../e2e/testing/registry.ts'
import { runOk } from '../e2e/testing/run.ts'
import { ibuildScript } from '../e2e/testing/workspace.ts'
import { busyboxImage, debian, packages } from './images.ts'
import { serveMirror } from './mirror.ts'
import type { Work } from './work.ts'

/** The context and base of a row, without what is to be measured of it. */
export type Scene = Pick<Work, 'base' | 'context' | 'change' | 'startsEmpty' | 'pushTo' | typeof Symbol.asyncDispose>

/** Five RUN steps that write nothing. */
export async function fiveRuns(directory: string): Promise<Scene> {
  const runs = [1, 2, 3, 4, 5].map((i) => `RUN echo ran-$((40 + ${i}))`)
  return busyboxScene(directory, runs)
}

/** apt on a minimal Debian, its packages from a mirror on loopback. */
export async function aptInstall(directory: string): Promise<Scene> {
  const { image, mirror } = await debian()
  const server = await serveMirror(mirror)
  const source = `echo "deb [trusted=yes] ${server.url} ./" > /etc/apt/sources.list`
  const install = `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`
  const context = makeContext(directory, [`FROM ${image.name}`, `RUN ${source} && ${install}`])
  return { base: image, context, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

/** The same, pushed to a registry that has the base from the build before: what is installed is another layer each time. */
export async function pushedInstall(directory: string): Promise<Scene> {
  const scene = await aptInstall(directory)
  const folder = join(directory, 'registry')
  mkdirSync(folder)
  const registry = await startRegistry(folder)
  const dispose = async (): Promise<void> => {
    await registry.close()
    await scene[Symbol.asyncDispose]()
  }
  return { ...scene, pushTo: `${registry.host}/bench`, [Symbol.asyncDispose]: dispose }
}

/** apt as in {@link aptInstall}, with a COPY behind it of a file that changes. */
export async function changedCopy(directory: string): Promise<Scene> {
  const scene = await aptInstall(directory)
  appendFileSync(join(scene.context, 'Dockerfile'), 'COPY file /file\n')
  const change = (round: number): void => writeFileSync(join(scene.context, 'file'), `version ${round} of the file\n`)
  return { ...scene, change }
}

/** 10 000 files of 10 kB in 100 folders. */
export async function manyFiles(directory: string): Promise<Scene> {
  const scene = await busyboxScene(directory, ['COPY . /files/'])
  for (let i = 0; i < 10_000; i++) {
    const folder = join(scene.context, `d${i % 100}`)
    if (i < 100) mkdirSync(folder)
    writeFileSync(join(folder, `f${i}`), `${i} `.repeat(10_000).slice(0, 10_000))
  }
  return scene
}

const mebibyte = 1024 * 1024

/** One file of 2 GiB, whose first bytes change. */
export async function bigFile(directory: string): Promise<Scene> {
  const scene = await busyboxScene(directory, ['COPY big /big'])
  const file = join(scene.context, 'big')
  writeNoise(file, 2048)
  return { ...scene, change: (round) => overwriteStart(file, `round ${round}`) }
}

/** 59 steps that stay as they are, and a last one that changes. */
export async function sixtySteps(directory: string): Promise<Scene> {
  const steps = Array.from({ length: 59 }, (_, i) => `RUN echo step-${i}`)
  const scene = await busyboxScene(directory, steps)
  const lines = ['FROM busybox', ...steps]
  const change = (round: number): void => writeDockerfile(scene.context, [...lines, `RUN echo last-$((${round} + 0))`])
  return { ...scene, change }
}

/** Twenty COPY steps of 25 MiB each, the last of which changes. */
export async function twentyLayers(directory: string): Promise<Scene> {
  const names = Array.from({ length: 20 }, (_, i) => `part${i}`)
  const scene = await busyboxScene(
    directory,
    names.map((name) => `COPY ${name} /data/`),
  )
  for (const name of names) {
    mkdirSync(join(scene.context, name))
    for (let i = 0; i < 25; i++) writeNoise(join(scene.context, name, `${name}-${i}`), 1)
  }
  return { ...scene, change: (round) => overwriteStart(join(scene.context, 'part19/part19-0'), `round ${round}`) }
}

/** A base of 1 GiB in four layers in a registry, pushed by ours; on it a COPY of a file that changes, pushed too. */
export async function baseInRegistry(directory: string): Promise<Scene> {
  const folder = join(directory, 'registry')
  mkdirSync(folder)
  const registry = await startRegistry(folder)
  const names = ['part0', 'part1', 'part2', 'part3']
  const scene = await busyboxScene(
    directory,
    names.map((name) => `COPY ${name} /data/`),
  )
  for (const name of names) {
    mkdirSync(join(scene.context, name))
    for (let i = 0; i < 16; i++) writeNoise(join(scene.context, name, `${name}-${i}`), 16)
  }
  const base = `${registry.host}/bench/base`
  await pushBase(scene, { base, root: join(directory, 'base-root') })
  const context = makeContext(join(directory, 'on-top'), [`FROM ${base}`, 'COPY file /file'])
  const change = (round: number): void => writeFileSync(join(context, 'file'), `version ${round} of the file\n`)
  const close = (): Promise<void> => registry.close()
  const pushTo = `${registry.host}/bench`
  return { base: undefined, context, change, startsEmpty: true, pushTo, [Symbol.asyncDispose]: close }
}

/** Built and pushed from the checkout: that is not measured. Noise does not compress, so little is tried. */
async function pushBase(
  { base: image, context }: Scene,
  { base, root }: { readonly base: string; readonly root: string },
): Promise<void> {
  const ours = (args: readonly string[]): Promise<unknown> =>
    runOk(process.execPath, [ibuildScript, ...args], { env: { IBUILD_ROOT: root }, timeout: 600_000 })
  if (image !== undefined) await ours(['load', '-i', image.archive])
  await ours(['-t', base, context])
  await ours(['push', '--compression', 'gzip', '--compression-level', '1', base])
  rmSync(root, { recursive: true })
}

/** Bytes that do not compress and repeat nowhere within a block of 1 MiB. */
function writeNoise(file: string, mebibytes: number): void {
  const fd = openSync(file, 'w')
  const block = new Uint32Array(mebibyte / 4)
  let state = 2_463_534_242
  for (let i = 0; i < mebibytes; i++) {
    for (let at = 0; at < block.length; at++) {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      block[at] = state
    }
    writeSync(fd, block)
  }
  closeSync(fd)
}

function overwriteStart(file: string, text: string): void {
  const fd = openSync(file, 'r+')
  writeSync(fd, text.padEnd(64), 0)
  closeSync(fd)
}

async function busyboxScene(directory: string, steps: readonly string[]): Promise<Scene> {
  const context = makeContext(directory, ['FROM busybox', ...steps])
  return { base: await busyboxImage(directory), context, [Symbol.asyncDispose]: async () => undefined }
}

function makeContext(directory: string, lines: readonly string[]): string {
  const context = join(directory, 'context')
  mkdirSync(context, { recursive: true })
  writeDockerfile(context, lines)
  return context
}

function writeDockerfile(context: string, lines: readonly string[]): void {
  writeFileSync(join(context, 'Dockerfile'), `${lines.join('\n')}\n`)
}
