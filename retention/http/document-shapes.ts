import type { PolicyProblem } from '../policy/problem.ts'
import type {
  AuditLine,
  Plan,
  PlannedItem,
  PolicyCheck,
  PolicyVersion,
  PurgeReport,
  RetentionStatus,
  Run,
  TrashEntry,
  UndoReport,
} from '../run/types.ts'
import { itemName, kind, reason, source, totals } from './item-shapes.ts'
import { type NamedShape, named, object, optional } from './object-shape.ts'
import { anything, count, flag, integer, list, text, time, word } from './shape.ts'

const mode = word('dryRun', 'propose', 'enforce')

const versionFields = {
  version: count,
  hash: text({ about: 'sha256 of the text, hex.' }),
  at: time,
  by: text(),
  restores: optional(integer({ least: 0, about: 'The version that this one took back.' })),
}

export const policyVersion: NamedShape<PolicyVersion> = named(
  'Policy',
  object<PolicyVersion>({ ...versionFields, text: text() }),
)
export const policyHead: NamedShape<Omit<PolicyVersion, 'text'>> = named(
  'PolicyVersion',
  object<Omit<PolicyVersion, 'text'>>(versionFields),
)

export const problem: NamedShape<PolicyProblem> = named(
  'Problem',
  object<PolicyProblem>({
    path: text({ about: 'Such as policies[0].tags.keep[1]; empty for the document.' }),
    message: text(),
    line: optional(count),
  }),
)
export const policyCheck: NamedShape<PolicyCheck> = named(
  'PolicyCheck',
  object<PolicyCheck>({ problems: list(problem), warnings: list(problem) }),
)

export const plan: NamedShape<Plan> = named(
  'Plan',
  object<Plan>({
    id: text(),
    source,
    policyVersion: count,
    fingerprint: text({ about: 'sha256 over policy, revision and actions, hex.' }),
    revision: text(),
    at: time,
    by: text(),
    cause: text(),
    only: optional(list(text())),
    expiresAt: time,
    state: word('waiting', 'applying', 'applied', 'expired', 'dropped'),
    runId: optional(text()),
    totals,
  }),
)

export const plannedItem: NamedShape<PlannedItem> = named(
  'PlannedItem',
  object<PlannedItem>({
    kind,
    repository: text(),
    name: text(),
    digest: text(),
    size: count,
    reason,
    rule: optional(text()),
    about: text(),
    pushedAt: time,
    pulledAt: optional(time),
  }),
)

export const run: NamedShape<Run> = named(
  'Run',
  object<Run>({
    id: text(),
    planId: text(),
    startedAt: time,
    milliseconds: count,
    by: text(),
    cause: text(),
    mode,
    state: word('planned', 'running', 'done', 'failed', 'stopped'),
    considered: integer({ least: 0, about: 'Of its plan: all items that there were.' }),
    kept: integer({ least: 0, about: 'Of these, those that were to stay.' }),
    removed: count,
    drifted: count,
    gone: count,
    failed: count,
    restored: count,
    purged: count,
    freed: count,
    failures: list(object<Run['failures'][number]>({ item: optional(itemName), message: text() })),
  }),
)

export const trashEntry: NamedShape<TrashEntry> = named(
  'TrashEntry',
  object<TrashEntry>({
    id: text(),
    runId: text(),
    kind,
    repository: text(),
    name: text(),
    digest: text(),
    size: count,
    reason,
    at: time,
    purgeAt: time,
    state: word('removing', 'trashed'),
  }),
)

const nameFields = { kind, repository: text(), name: text() }
export const undoReport: NamedShape<UndoReport> = named(
  'UndoReport',
  object<UndoReport>({
    restored: list(object({ ...nameFields, as: text({ about: 'The tag that it has now.' }) })),
    failed: list(object({ ...nameFields, message: text() })),
  }),
)
export const purgeReport: NamedShape<PurgeReport> = named(
  'PurgeReport',
  object<PurgeReport>({ purged: count, bytes: count }),
)

export const status: NamedShape<RetentionStatus> = named(
  'Status',
  object<RetentionStatus>({
    source,
    canUndo: flag,
    policy: policyHead,
    mode,
    nextRunAt: optional(time),
    isRunning: flag,
    lastRun: optional(run),
    trash: object<RetentionStatus['trash']>({ entries: count, bytes: count, nextPurgeAt: optional(time) }),
    mirror: list(
      object<RetentionStatus['mirror'][number]>({
        image: text(),
        lastAt: optional(time),
        digest: optional(text()),
        error: optional(text()),
      }),
    ),
  }),
)

export const auditLine: NamedShape<AuditLine> = named(
  'AuditLine',
  object<AuditLine>({
    number: count,
    at: time,
    by: text(),
    action: text(),
    about: anything,
    hash: text({ about: 'Hex; holds that of the line before.' }),
  }),
)
