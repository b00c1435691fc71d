import { type Server, type ServerOptions, startServer, until } from '../../testing/serve.ts'

/** A server as a person or a unit file starts it. */
export interface Serving extends Server {
  /** The log as JSON. */
  lines(): readonly Readonly<Record<string, unknown>>[]
  /** Waits, ten seconds at most, until the log matches. */
  logged(pattern: RegExp): Promise<void>
}

/** Starts `ibuild serve` with these arguments; it ends with the test at the latest. Rejects when it does not get ready. */
export async function startServing(
  t: { teardown(fn: () => unknown): void },
  args: readonly string[],
  options: ServerOptions = {},
): Promise<Serving> {
  const server = await startServer(args, options)
  const { stderr } = server
  t.teardown(() => server.stop('SIGKILL'))
  return {
    ...server,
    lines: () =>
      stderr()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    logged: async (pattern) => void (await until(() => pattern.exec(stderr()), 10_000, stderr)),
  }
}
