/** What is wrong with a policy, or looks like a mistake. */
export interface PolicyProblem {
  /** `policies[0].tags.keep[1]`; empty for the document. */
  readonly path: string
  readonly message: string
  /** In the text, from 1; undefined where it is about the whole. */
  readonly line?: number | undefined
}

/** Says what is wrong with a cron expression, as the end of a sentence; undefined when nothing is. The timezone is one that there is. */
export type CheckCron = (cron: string, timezone: string) => string | undefined
