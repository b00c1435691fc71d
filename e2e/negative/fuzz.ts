import type { ExecutionContext } from 'ava'
import * as fc from 'fast-check'
import { isIbuildError } from '../../shared/base/errors.ts'

/** One seed for all runs, so that a failure comes again; another one with IBUILD_FUZZ_SEED. */
const seed = Number(process.env['IBUILD_FUZZ_SEED'] ?? 20_260_701)
/** How many times as many inputs as usual. */
const factor = Number(process.env['IBUILD_FUZZ_FACTOR'] ?? 1)
/** Milliseconds of one input that count as a hang, on a machine that is busy with other things too. */
const hang = 8000

export interface Fuzzing<T> {
  readonly arbitrary: fc.Arbitrary<T>
  readonly runs: number
  readonly check: (input: T) => unknown
}

/** Runs `check` on many inputs: it ends soon, well or with an IbuildError that has a message. Gives how many ended well. */
export async function fuzz<T>(t: ExecutionContext, { arbitrary, runs, check }: Fuzzing<T>): Promise<void> {
  let [well, refused] = [0, 0]
  const property = fc.asyncProperty(arbitrary, async (input) => {
    const started = performance.now()
    if (await endsWell(() => check(input))) well++
    else refused++
    if (performance.now() - started > hang) throw new Error(`it took ${performance.now() - started} ms`)
  })
  await fc.assert(property, { seed, numRuns: runs * factor })
  t.true(well > 0 && refused > 0, `both were seen: ${well} well, ${refused} refused`)
  t.log(`${well} well, ${refused} refused`)
}

async function endsWell(work: () => unknown): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    if (isIbuildError(error) && error.message !== '' && error.message.length < 20_000) return false
    throw error
  }
}

export interface Change {
  readonly kind: 'drop' | 'repeat' | 'insert' | 'swap' | 'cut'
  readonly at: number
  readonly length: number
  readonly word: string
}

/** A few changes to a text, with words that mean something in it. */
export function changes(words: readonly string[]): fc.Arbitrary<readonly Change[]> {
  const change: fc.Arbitrary<Change> = fc.record({
    kind: fc.constantFrom('insert', 'insert', 'insert', 'drop', 'drop', 'repeat', 'swap', 'cut'),
    at: fc.noBias(fc.nat(999_999)).map((at) => at / 1_000_000),
    length: fc.oneof({ weight: 3, arbitrary: fc.nat(4) }, { weight: 1, arbitrary: fc.nat(60) }),
    word: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...words) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
    ),
  })
  return fc.array(change, { minLength: 1, maxLength: 3 })
}

export function applyChanges(text: string, list: readonly Change[]): string {
  return list.reduce((before, change) => applyChange(before, change), text)
}

function applyChange(text: string, { kind, at, length, word }: Change): string {
  const place = Math.floor(at * text.length)
  const [start, piece, rest] = [text.slice(0, place), text.slice(place, place + length), text.slice(place + length)]
  switch (kind) {
    case 'drop':
      return start + rest
    case 'repeat':
      return start + piece.repeat(3) + rest
    case 'insert':
      return start + word + text.slice(place)
    case 'swap':
      return rest + piece + start
    case 'cut':
      return length < 4 ? start : start + word + rest
  }
}

/** The text's bytes, with lone surrogates as bytes that are not UTF-8. */
export function bytesOf(text: string): Buffer {
  return Buffer.from(text, /[\u0100-\uffff]/.test(text) ? 'utf8' : 'latin1')
}
