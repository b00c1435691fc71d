import { runServe } from '../cli/serve/run-serve.ts'

/** `ibuild serve`: all services of this data folder in one process, a registry and a notary. */
export async function run(argv: readonly string[]): Promise<number> {
  const summary = 'Serve a registry and trusted collections from the data folder, to docker and other clients'
  return runServe({ name: 'serve', summary, withNotary: true }, argv)
}
