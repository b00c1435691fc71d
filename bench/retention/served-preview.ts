import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, createReadStream, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startServe } from '../../e2e/testing/serve.ts'
import { forgetPeak, peakOf } from '../registry/contender.ts'
import { timed } from '../servers/row.ts'
import { policy } from './policy.ts'

export interface ServedOptions {
  /** Data folder, on which no server runs. */
  readonly root: string
  /** The installed command. */
  readonly program: string
  readonly times: number
  /** Tags that are there: each has a line. */
  readonly tags: number
}

export interface ServedPreviews {
  /** Of each command that tells every decision as a line of JSON, from its start to its end; the first one is the first of the server. */
  readonly milliseconds: readonly number[]
  /** Of each that tells people what goes, and counts what stays. */
  readonly listed: readonly number[]
  /** The largest memory of the server, MiB. */
  readonly peak: number
}

/** `ibuild gc preview` into a file, asked of a server that was started just before. */
export async function servedPreviews({ root, program, times, tags }: ServedOptions): Promise<ServedPreviews> {
  await using server = await startServe(root, { ibuild: [program] })
  forgetPeak(server.pid)
  const [file, told] = [join(root, 'bench-policy.yml'), join(root, 'bench-told')]
  writeFileSync(file, policy)
  const args = ['gc', 'preview', file, '--root', root]
  const [milliseconds, listed]: [number[], number[]] = [[], []]
  for (let i = 0; i < times; i++) {
    milliseconds.push(await timed(() => runInto(program, [...args, '--all', '--json'], told)))
    const lines = await linesIn(told)
    if (lines !== tags + 1) throw new Error(`${lines} lines about ${tags} tags`)
    listed.push(await timed(() => runInto(program, args, told)))
    if (!readFileSync(told, 'utf8').includes(`\n${tags} looked at: `)) throw new Error(`not all ${tags} were looked at`)
  }
  return { milliseconds, listed, peak: peakOf(server.pid) }
}

async function runInto(program: string, args: readonly string[], file: string): Promise<void> {
  const output = openSync(file, 'w')
  const child = spawn(program, args, { stdio: ['ignore', output, 'inherit'] })
  closeSync(output)
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}`)
}

async function linesIn(file: string): Promise<number> {
  let count = 0
  for await (const piece of createReadStream(file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>)
    for (let at = piece.indexOf(0x0a); at !== -1; at = piece.indexOf(0x0a, at + 1)) count++
  return count
}
