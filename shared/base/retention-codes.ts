import type { CodeEntry } from './trust-codes.ts'

/** Of the catalogue in error-codes.ts, the codes of what is cleaned up by a policy. */
export const retentionCodes = {
  // retention
  RETENTION_BUSY: {
    exit: 1,
    about: 'Another plan of the same source is made or applied at this time.',
    hint: 'Wait for its end: ibuild gc status shows it.',
  },
  RETENTION_DRY_RUN: {
    exit: 3,
    about: 'The policy says that plans are only made, not applied.',
    hint: 'Set mode: propose or mode: enforce in the policy, and make a new plan.',
  },
  RETENTION_GUARDED: {
    exit: 3,
    about: 'What was to be removed stays: it is held, immutable, in use or signed.',
    hint: 'See what ibuild gc explain says against it.',
  },
  RETENTION_PLAN_CHANGED: {
    exit: 1,
    about: 'A plan can no longer be applied as it is: the policy is another one by now, or the plan was dropped.',
    hint: 'Make a new plan, and look at it before it is applied.',
  },
  RETENTION_PLAN_EXPIRED: {
    exit: 1,
    about: 'A plan is older than limits.planTtl of the policy allows.',
    hint: 'Make a new plan, and look at it before it is applied.',
  },
  RETENTION_POLICY_INVALID: {
    exit: 1,
    about: 'The policy that says what is kept and what goes is malformed, or goes beyond its own limits.',
    hint: 'Nothing changed: the policy that was in force stays so. See docs/gc.md.',
  },
  RETENTION_PURGED: {
    exit: 1,
    about: 'What was removed cannot come back: the trash gave it up.',
    hint: 'See trash.days of the policy for how long it is kept.',
  },
} as const satisfies Record<string, CodeEntry>
