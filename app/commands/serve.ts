import { runServe } from '../cli/serve/run-serve.ts'

/** `ibuild serve`: all services of this data folder in one process; so far that is the registry. */
export async function run(argv: readonly string[]): Promise<number> {
  return runServe(
    'serve',
    'Serve a registry from the data folder, to docker and every other client of OCI registries',
    argv,
  )
}
