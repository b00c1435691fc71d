import { execFileSync } from 'node:child_process'
import { type Measure, type Size, timed } from '../servers/row.ts'
import { type Blob, makeBlob, RegistryClient } from './client.ts'
import { forgetPeak, peakOf, type RegistryContender } from './contender.ts'
import { pullRaw } from './pull-raw.ts'
import type { RegistryRow } from './row.ts'

const mebibyte = 1024 * 1024
const large = (size: Size): number => (size === 'full' ? 1024 : 64) * mebibyte
const clients = 10

/** What another one left to be written is written, so that nobody pays for it. */
function settle(): void {
  execFileSync('sync')
}

/** Images of one layer, pushed by ten clients and then pulled by them: images a second, both ways. */
async function exchange(
  { host }: RegistryContender,
  images: number,
  bytes: number,
  round: number,
): Promise<[number, number]> {
  const layers = Array.from({ length: images }, () => makeBlob(bytes))
  const client = new RegistryClient(host, clients)
  const inTurns = async (work: (i: number) => Promise<unknown>): Promise<void> => {
    let next = 0
    const one = async (): Promise<void> => {
      for (let i = next++; i < images; i = next++) await work(i)
    }
    await Promise.all(Array.from({ length: clients }, one))
  }
  settle()
  const repository = (i: number): string => `bench/exchange-${bytes}/${i % clients}`
  const tag = (i: number): string => `r${round}-${i}`
  const pushed = await timed(() => inTurns((i) => client.pushImage(repository(i), tag(i), layers[i] as Blob)))
  const pulled = await timed(() => inTurns((i) => client.pullImage(repository(i), tag(i))))
  client.close()
  return [(images * 1000) / pushed, (images * 1000) / pulled]
}

/** Blobs as streams. */
export const transferRows: readonly RegistryRow[] = [
  {
    name: 'R3',
    title: 'GET of a blob of 1 GiB',
    rounds: 5,
    figures: [{ title: 'time', unit: 's', better: 'less', ratio: 1 }],
    async prepare({ host }, size) {
      const blob = makeBlob(large(size))
      const client = new RegistryClient(host, 1)
      await client.pushBlob('bench/large', blob)
      client.close()
      const path = `/v2/bench/large/blobs/${blob.digest}`
      return async () => [(await timed(() => pullRaw(host, path, blob.size))) / 1000]
    },
  },
  {
    name: 'R4',
    title: 'PUT of a blob of 1 GiB, durable when it is answered',
    rounds: 3,
    figures: [{ title: 'time', unit: 's', better: 'less', ratio: 0.9 }],
    async prepare({ host }, size) {
      const client = new RegistryClient(host, 1)
      return async () => {
        const blob = makeBlob(large(size))
        settle()
        return [(await timed(() => client.pushBlob('bench/large', blob))) / 1000]
      }
    },
  },
  {
    name: 'R5',
    title: '10 clients that push images with a layer of 1 MB or 10 MB, and pull them',
    rounds: 3,
    figures: ['push 1 MB', 'pull 1 MB', 'push 10 MB', 'pull 10 MB'].map((title) => ({
      title,
      unit: '1/s',
      better: 'more',
      ratio: 1.2,
    })),
    prepare: (registry, size) => {
      const [small, big] = size === 'full' ? [300, 60] : [20, 10]
      const measure: Measure = async (round) => [
        ...(await exchange(registry, small, 1_000_000, round)),
        ...(await exchange(registry, big, 10_000_000, round)),
      ]
      return Promise.resolve(measure)
    },
  },
  {
    name: 'R6',
    title: '200 pulls of a blob of 100 MB at once',
    rounds: 3,
    figures: [
      { title: 'largest memory', unit: 'MiB', better: 'less', value: 300 },
      { title: 'time', unit: 's', better: 'less' },
    ],
    async prepare({ host, pid }, size) {
      const blob = makeBlob(size === 'full' ? 100_000_000 : 5_000_000)
      const client = new RegistryClient(host, 1)
      await client.pushBlob('bench/crowd', blob)
      client.close()
      const path = `/v2/bench/crowd/blobs/${blob.digest}`
      return async () => {
        forgetPeak(pid)
        const time = await timed(() => Promise.all(Array.from({ length: 200 }, () => pullRaw(host, path, blob.size))))
        return [peakOf(pid), time / 1000]
      }
    },
  },
]
