import type { ExecutionContext, Implementation } from 'ava'
import { findProgram } from './programs.ts'

/** `root`, or the name of a program. */
export type Need = 'root' | (string & {})

interface Declare<Context> {
  (title: string, implementation: Implementation<[], Context>): void
  readonly skip: (title: string, implementation: Implementation<[], Context>) => void
}

type Declaration<Context> = (title: string, implementation: Implementation<[], Context>) => void

/**
 * Wraps ava's `test` (or `test.serial`) for tests that need root or programs: `needs(test, 'root', 'runc')('title', fn)`.
 * When something is missing the test is skipped with the reason in its title; with IBUILD_REQUIRE_PEERS=1 it fails.
 */
export function needs<Context>(test: Declare<Context>, ...wanted: readonly Need[]): Declaration<Context> {
  return skipFor(test, missing(wanted))
}

/** As {@link needs}, for any other reason; without a reason the test runs. */
export function skipFor<Context>(test: Declare<Context>, reason: string | undefined): Declaration<Context> {
  if (reason === undefined) return (title, implementation) => test(title, implementation)
  if (process.env['IBUILD_REQUIRE_PEERS'] === '1') return (title) => test(title, fail(reason))
  return (title, implementation) => test.skip(`${title} (skipped: ${reason})`, implementation)
}

/** What is missing of the things wanted, as a reason for people; undefined when all is there. */
export function missing(wanted: readonly Need[]): string | undefined {
  const absent = wanted.filter((need) => (need === 'root' ? process.getuid?.() !== 0 : findProgram(need) === undefined))
  return absent.length === 0 ? undefined : `needs ${absent.join(', ')}`
}

function fail(reason: string): (t: ExecutionContext) => void {
  return (t) => t.fail(reason)
}
