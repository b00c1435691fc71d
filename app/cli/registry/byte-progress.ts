import { formatSize } from '../sizes.ts'

/** Tells on stderr how far work has come, once in a while, when it takes long. */
export interface ByteProgress extends Disposable {
  /** How many bytes there will be, once that is known. */
  expect(total: number): void
  add(bytes: number): void
}

/** Milliseconds between two lines; what is done before the first has none. */
const every = 5000

export function createByteProgress(verb: string): ByteProgress {
  let total: number | undefined
  let done = 0
  const tell = (): void => {
    const of = total === undefined ? '' : ` of ${formatSize(total)}`
    process.stderr.write(`${verb} ${formatSize(done)}${of}\n`)
  }
  const timer = setInterval(tell, every).unref()
  return {
    expect: (bytes) => {
      total = bytes
    },
    add: (bytes) => {
      done += bytes
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}
