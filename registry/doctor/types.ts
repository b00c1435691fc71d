/** One thing that was tried, or looked at. */
export interface Check {
  /** What: `clock`, `folder: hard links`. */
  readonly name: string
  /** `warn`: it works, and will hurt some day. `skip`: it could not be tried. */
  readonly status: 'ok' | 'warn' | 'fail' | 'skip'
  readonly message: string
  /** What to do about it. */
  readonly mend?: string
}

/** Makes a check of what `work` says; what it throws is a failure with that message. */
export async function checked(name: string, work: () => Promise<Omit<Check, 'name'>>): Promise<Check> {
  try {
    return { name, ...(await work()) }
  } catch (error) {
    return failure(name, error)
  }
}

/** What was thrown, as a check. */
export function failure(name: string, error: unknown): Check {
  const hint = error instanceof Error && 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined
  const message = error instanceof Error ? error.message : String(error)
  return { name, status: 'fail', message, ...(hint !== undefined && { mend: hint }) }
}
