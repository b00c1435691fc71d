import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

/** Bytes at which the young heap stops to grow: in half of it a server of manifests is a quarter slower. */
const enough = 16 * 2 ** 20

/**
 * Lets V8's young heap grow to some 16 MiB and no further, until the result is disposed of: what requests leave behind is
 * collected soon, and V8 itself would let it grow to 128 MiB before it collects anything. It is looked at after each
 * collection, as V8 makes it smaller when there is little to do.
 *
 * Commands that work on many records never let it grow (`bin/ibuild.cjs`): they end soon, and the file that starts them has
 * to give the flag back before it keeps the code that V8 compiled, which is kept for the flags of that moment.
 */
export function boundYoungHeap(): Disposable {
  let factor = usualFactor
  const setFactor = (wanted: number): void => {
    if (wanted === factor) return
    factor = wanted
    setFlagsFromString(`--semi-space-growth-factor=${factor}`)
  }
  const observer = new PerformanceObserver(() => setFactor(youngBytes() < enough ? usualFactor : 1))
  observer.observe({ entryTypes: ['gc'] })
  return {
    [Symbol.dispose]: () => {
      observer.disconnect()
      setFactor(usualFactor)
    },
  }
}

const usualFactor = 2

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0
}
