import { createReadStream, statSync } from 'node:fs'
import { devNull } from 'node:os'
import { writeFile } from '../builder/export/write-file.ts'
import type { CompressionChoice } from '../builder/layers/compress/choice.ts'
import { compress } from '../builder/layers/compress/compress.ts'
import { findProgram } from '../e2e/testing/programs.ts'
import { runOk } from '../e2e/testing/run.ts'

/** `node bench/compression.ts FILE [ROUNDS]`: how fast layers are compressed, beside gzip, pigz and zstd on the same file. */
const [file, rounds = '3'] = process.argv.slice(2)
if (file === undefined) throw new Error('Name a file, for example the tar of a layer.')

interface Contest {
  readonly name: string
  /** Gives the number of bytes that came out. */
  readonly work: () => Promise<number>
}

const contests: Contest[] = [
  ours({ format: 'gzip', level: 6 }),
  ...['gzip', 'pigz'].filter(findProgram).map((name) => program(name, ['-6'])),
  ours({ format: 'zstd', level: 3 }),
  ...['zstd'].filter(findProgram).map((name) => program(name, ['-q', '-3', '-T0'])),
]

const times = new Map<string, { size: number; seconds: number[] }>()
for (let round = 0; round < Number(rounds); round++) for (const contest of contests) await measure(contest)
for (const [name, { size, seconds }] of times) {
  const median = seconds.toSorted((a, b) => a - b)[seconds.length >> 1] ?? Number.NaN
  const speed = statSync(file).size / 1e6 / median
  process.stdout.write(`${name.padEnd(16)} ${median.toFixed(2)} s  ${speed.toFixed(0)} MB/s  ${size} bytes\n`)
}
process.stdout.write(`peak memory of ours: ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB\n`)

async function measure({ name, work }: Contest): Promise<void> {
  const started = performance.now()
  const size = await work()
  const seconds = [...(times.get(name)?.seconds ?? []), (performance.now() - started) / 1000]
  times.set(name, { size, seconds })
}

function ours(choice: CompressionChoice): Contest {
  return {
    name: `ibuild ${choice.format} -${choice.level}`,
    work: async () => {
      const counter = { size: 0 }
      const source = createReadStream(String(file), { highWaterMark: 1 << 20 })
      await writeFile(devNull, counted(compress(source, choice), counter))
      return counter.size
    },
  }
}

async function* counted(pieces: AsyncIterable<Uint8Array>, counter: { size: number }): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    counter.size += piece.length
    yield piece
  }
}

function program(name: string, flags: readonly string[]): Contest {
  const shell = `${name} ${flags.join(' ')} -c "$0" | wc -c`
  return {
    name: `${name} ${flags.join(' ')}`,
    work: async () => Number((await runOk('sh', ['-c', shell, String(file)], { timeout: 600_000 })).stdout),
  }
}
