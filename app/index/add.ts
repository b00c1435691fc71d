import { join } from './join.ts'

/** `ibuild index add`. */
export async function run(argv: readonly string[]): Promise<number> {
  return join({ name: 'add', summary: 'Put images into an index; equal platforms are replaced' }, argv)
}
