import type { Store } from '../../builder/store/types.ts'
import { describeError } from './report-error.ts'

/** Tells on stderr of each container whose file is damaged, with what that leaves open; gives their number. */
export function tellDamagedContainers({ containers }: Store, leftOpen: string): number {
  const { damaged } = containers.scan()
  for (const error of damaged) process.stderr.write(describeError(error))
  if (damaged.length > 0 && leftOpen !== '') process.stderr.write(`${leftOpen}\n`)
  return damaged.length
}
