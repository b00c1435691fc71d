import { run, runOk, tail } from '../e2e/testing/run.ts'
import type { BuildRequest, Contender } from './contender.ts'
import { peakMemory } from './memory.ts'
import type { Row } from './rows.ts'
import type { Work } from './work.ts'

/** Seconds of the measured rounds of each contender. */
export type Times = ReadonlyMap<string, readonly number[]>

/**
 * Measures a row: every contender builds once untimed, then in each round all of them one after the other, each round
 * beginning with another. A build that fails or did not do its work ends the benchmark.
 */
export async function measureRow(row: Row, work: Work, { contenders, rounds }: Field): Promise<Times> {
  const times = new Map<string, number[]>(contenders.map(({ name }) => [name, []]))
  const last = new Map<string, { readonly image: string; readonly tag: string }>()
  for (let round = 0; round <= rounds; round++) {
    work.change?.(round)
    for (const contender of rotated(contenders, round)) {
      const request = await prepareBuild(row, { contender, work, round })
      const built = await timedBuild(contender, request)
      const before = last.get(contender.name)
      last.set(contender.name, { image: built.after, tag: request.tag })
      if (round === 0) continue
      const tags = { before: before?.tag, after: request.tag }
      const done = { ...built, before: before?.image, tags, compression: contender.compression }
      const fault = (await work.fault(done)) ?? unproved(contender, work, built.output)
      if (fault !== undefined) throw new Error(`${row.name}, ${contender.name}: ${fault}\n${tail(built.output)}`)
      times.get(contender.name)?.push(built.seconds)
    }
  }
  return times
}

/** Largest memory of one more build of ours, of the first where there are several, MiB; undefined where the row sets no limit. */
export async function measureMemory(row: Row, work: Work, { contenders, rounds }: Field): Promise<number | undefined> {
  const ours = contenders.find(({ name }) => name.startsWith('ibuild'))
  if (row.memory === undefined || ours === undefined) return undefined
  work.change?.(rounds + 1)
  return peakMemory(ours.build(await prepareBuild(row, { contender: ours, work, round: rounds + 1 })))
}

interface Turn {
  readonly contender: Contender
  readonly work: Work
  readonly round: number
}

/** A repository of its own for each image that is pushed: none has anything of it before. */
async function prepareBuild({ name }: Row, { contender, work, round }: Turn): Promise<BuildRequest> {
  const { context, cache, squash = false, startsEmpty = false, pushTo } = work
  if (startsEmpty) await contender.forget()
  if (pushTo === undefined) return { context, tag: `bench-${name.toLowerCase()}`, cache, squash }
  const tag = `${pushTo}/${contender.name}-${round}`
  await runOk('sync', [], { timeout: 600_000 }) // what one builder wrote is on the disk before the next one waits for it
  return { context, tag, cache, squash, push: true }
}

export interface Field {
  readonly contenders: readonly Contender[]
  readonly rounds: number
}

interface Built {
  readonly seconds: number
  readonly output: string
  readonly after: string
}

async function timedBuild(contender: Contender, request: BuildRequest): Promise<Built> {
  const { program, args, options } = contender.build(request)
  const started = process.hrtime.bigint()
  const { code, stdout, stderr } = await run(program, args, { timeout: 600_000, ...options })
  const seconds = Number(process.hrtime.bigint() - started) / 1e9
  const output = `${stdout}\n${stderr}`
  if (code !== 0) throw new Error(`${contender.name} ended with ${code}\n${tail(output)}`)
  const after = await contender.imageId(request.tag)
  if (!/^(sha256:)?[0-9a-f]{64}$/.test(after)) throw new Error(`${contender.name} has no image: ${after}`)
  return { seconds, output, after }
}

function unproved({ proof }: Contender, { cache }: Work, output: string): string | undefined {
  return cache || proof === undefined || proof.test(output) ? undefined : `its output does not show ${String(proof)}`
}

/** The list from its element of that number on, and what is before that at its end. */
export function rotated<T>(list: readonly T[], by: number): T[] {
  const start = by % list.length
  return [...list.slice(start), ...list.slice(0, start)]
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (i: number): number => sorted[i] ?? Number.NaN
  return (at((sorted.length - 1) >> 1) + at(sorted.length >> 1)) / 2
}
