import { IbuildError } from '../../shared/base/errors.ts'
import type { Plan, PolicyCheck, TrashEntry } from '../run/types.ts'
import { inUseReport, type PreviewBody, policyText, previewBody } from './body-shapes.ts'
import {
  auditLine,
  plan,
  plannedItem,
  policyCheck,
  policyHead,
  policyVersion,
  run,
  status,
  trashEntry,
} from './document-shapes.ts'
import { type Asked, type Endpoint, endpoint, lines, texts } from './endpoint.ts'
import { explanation, previewLine } from './item-shapes.ts'
import { optional } from './object-shape.ts'
import { integer, list, text, word } from './shape.ts'

const mostRuns = 1000
const mostTrash = 1000

interface TrashQuery {
  readonly after?: string | undefined
  readonly limit?: number | undefined
  readonly repository?: string | undefined
}

/** What changes nothing, in the order of the documentation. */
export const readingEndpoints: readonly Endpoint[] = [
  endpoint({
    id: 'getStatus',
    method: 'GET',
    path: '/status',
    about: 'The policy in force, the last run and the next one, what is in the trash, images that are kept fresh.',
    scope: 'policy:read',
    answer: status,
    run: async ({ at }) => at.service.status(),
  }),
  endpoint({
    id: 'getPolicy',
    method: 'GET',
    path: '/policy',
    about: 'The policy in force, or an earlier version. Version 0 deletes nothing.',
    scope: 'policy:read',
    query: { version: optional(integer({ least: 0 })) },
    answer: policyVersion,
    errors: [404],
    run: async ({ at, query }: Asked<{ readonly version?: number | undefined }, unknown>) =>
      at.service.policies.show(query.version),
  }),
  endpoint({
    id: 'listPolicyVersions',
    method: 'GET',
    path: '/policy/versions',
    about: 'All versions, newest first.',
    scope: 'policy:read',
    answer: list(policyHead),
    run: async ({ at }) => at.service.policies.versions(),
  }),
  endpoint({
    id: 'checkPolicy',
    method: 'POST',
    path: '/policy/check',
    about: 'What is wrong with the text of a policy, and what looks like a mistake. Changes nothing.',
    scope: 'policy:read',
    body: policyText,
    isPolicy: true,
    answer: policyCheck,
    run: async ({ at, body }): Promise<PolicyCheck> => at.service.policies.check(body.text),
  }),
  texts({
    id: 'preview',
    method: 'POST',
    path: '/preview',
    about:
      'What a policy would do now: a line for each decision, then one with totals. Without a text the policy in force; with the options of a plan, as that would decide. Changes nothing, and ends with the connection.',
    scope: 'policy:read',
    isForDelegates: true,
    query: { only: optional(word('delete')) },
    body: previewBody,
    isBodyOptional: true,
    isPolicy: true,
    answer: previewLine,
    errors: [422],
    run: ({ at, query, body, within, signal }: Asked<{ readonly only?: 'delete' | undefined }, PreviewBody>) =>
      at.service.previewText({ ...body, only: query.only, within, signal }),
  }),
  endpoint({
    id: 'listPlans',
    method: 'GET',
    path: '/plans',
    about: 'Plans, newest first, a hundred at most.',
    scope: 'policy:read',
    answer: list(plan),
    run: async ({ at }) => at.service.plans(),
  }),
  endpoint({
    id: 'getPlan',
    method: 'GET',
    path: '/plans/{id}',
    about: 'One of them.',
    scope: 'policy:read',
    answer: plan,
    errors: [404],
    run: async ({ at, name }): Promise<Plan> => {
      const found = (await at.service.plans()).find(({ id }) => id === name)
      if (found === undefined)
        throw new IbuildError('OBJECT_NOT_FOUND', `there is no plan ${JSON.stringify(name)}`, {
          hint: 'ibuild gc plans lists those that there are.',
        })
      return found
    },
  }),
  lines({
    id: 'listPlannedItems',
    method: 'GET',
    path: '/plans/{id}/items',
    about: 'What a plan would remove, in its order, a line for each item.',
    scope: 'policy:read',
    answer: plannedItem,
    errors: [404],
    run: ({ at, name }) => at.service.planned(name),
  }),
  endpoint({
    id: 'listRuns',
    method: 'GET',
    path: '/runs',
    about: 'Runs, newest first.',
    scope: 'policy:read',
    query: { limit: optional(integer({ least: 1, most: mostRuns })) },
    answer: list(run),
    run: async ({ at, query }: Asked<{ readonly limit?: number | undefined }, unknown>) =>
      at.service.runs(query.limit ?? 100),
  }),
  endpoint({
    id: 'listTrash',
    method: 'GET',
    path: '/trash',
    about: 'What was removed and can come back, newest first; `after` is the ID of the last entry of the page before.',
    scope: 'policy:read',
    isForDelegates: true,
    query: {
      after: optional(text({ longest: 100 })),
      limit: optional(integer({ least: 1, most: mostTrash })),
      repository: optional(text({ longest: 256 })),
    },
    answer: list(trashEntry),
    run: listTrash,
  }),
  endpoint({
    id: 'explain',
    method: 'GET',
    path: '/explain',
    about: 'Why something stays or goes by the policy in force, and when that may change.',
    scope: 'policy:read',
    isForDelegates: true,
    query: { what: text({ longest: 1000, about: 'REPOSITORY:TAG, REPOSITORY@DIGEST or volume NAME.' }) },
    answer: explanation,
    errors: [404],
    run: async ({ at, query, within }: Asked<{ readonly what: string }, unknown>) =>
      at.service.explain(query.what, within),
  }),
  lines({
    id: 'getAudit',
    method: 'GET',
    path: '/audit',
    about: 'The log of all that changed something, oldest first, a line for each.',
    scope: 'policy:read',
    query: { after: optional(integer({ least: 0, about: 'The number of the last line that is known.' })) },
    answer: auditLine,
    run: ({ at, query }: Asked<{ readonly after?: number | undefined }, unknown>) => at.service.audit(query),
  }),
  endpoint({
    id: 'listInUse',
    method: 'GET',
    path: '/in-use',
    about: 'What others say to run.',
    scope: 'policy:read',
    answer: list(inUseReport),
    errors: [404],
    run: async ({ at }) => {
      if (at.inUse === undefined) throw new IbuildError('OBJECT_NOT_FOUND', 'nobody can tell here what is in use')
      return at.inUse.list()
    },
  }),
]

/** Of somebody who may see some repositories, as many pages as give what was asked for. */
async function listTrash({ at, query, within }: Asked<TrashQuery, unknown>): Promise<readonly TrashEntry[]> {
  const { limit = 100, repository } = query
  if (within === undefined) return at.service.trash({ ...query, limit })
  const found: TrashEntry[] = []
  for (let { after } = query; found.length < limit; ) {
    const page = await at.service.trash({ after, limit: mostTrash, repository })
    found.push(...page.filter((entry) => within(entry.repository)))
    if (page.length < mostTrash) break
    after = page.at(-1)?.id
  }
  return found.slice(0, limit)
}
