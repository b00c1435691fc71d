export interface TestCount {
  readonly passed: number
  readonly failed: number
}

/**
 * Counts the tests in what ava prints, line by line: its closing summary leaves out how many passed when any failed, and
 * is missing when ava itself dies. A skipped test, a to-do, a file that ended early, an error outside a test and a test that
 * never ended are failures; so is a run whose exit code says more than its lines do.
 */
export function countTests(output: string, exitCode: number): TestCount {
  const count = (pattern: RegExp): number => output.match(pattern)?.length ?? 0
  const passed = count(/^ {2}✔ /gm)
  const failed = count(/^ {2}(?:✘ |- \[(?:skip|todo)\] |◌ |Uncaught exception in |Unhandled rejection in )/gm)
  return { passed, failed: failed === 0 && (exitCode !== 0 || passed === 0) ? 1 : failed }
}
