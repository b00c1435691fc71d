import { join } from './join.ts'

/** `ibuild index create`. */
export async function run(argv: readonly string[]): Promise<number> {
  return join({ name: 'create', summary: 'Make an index of images, one for each platform' }, argv)
}
