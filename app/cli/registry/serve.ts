import { runServe } from '../serve/run-serve.ts'

/** `ibuild registry serve`: the registry alone, whatever else there is to serve. */
export async function run(argv: readonly string[]): Promise<number> {
  const summary = 'Serve the registry of the data folder, and nothing else'
  return runServe({ name: 'registry serve', summary, withNotary: false }, argv)
}
