import { requireProgram } from '../../e2e/testing/programs.ts'
import { runOk } from '../../e2e/testing/run.ts'

/** Requests a second that a server answers with 200 over 16 connections of one thread. */
export async function requestsPerSecond(
  url: string,
  seconds: number,
  headers: readonly string[] = [],
): Promise<number> {
  const args = ['-t1', '-c16', `-d${seconds}s`, ...headers.flatMap((header) => ['-H', header]), url]
  const { stdout } = await runOk(requireProgram('wrk'), args)
  const [, rate] = /^Requests\/sec:\s+([\d.]+)/m.exec(stdout) ?? []
  if (rate === undefined || /Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk ${url}\n${stdout}`)
  return Number(rate)
}
