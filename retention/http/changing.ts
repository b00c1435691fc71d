import { IbuildError } from '../../shared/base/errors.ts'
import { inUse, planOptions, policyText, revertTo } from './body-shapes.ts'
import { plan, policyVersion, purgeReport, run, undoReport } from './document-shapes.ts'
import { type Endpoint, endpoint } from './endpoint.ts'
import { object, optional } from './object-shape.ts'
import { either, list, type Shape, text, word } from './shape.ts'

const id = text({ longest: 100, about: 'Of a run, or of an entry in the trash.' })
const none: Shape<null> = { schema: { type: 'null' }, read: () => null }

/** What is purged: some entries, those that are over their time, or all. */
const purgeScope: Shape<{ readonly ids: readonly string[] } | { readonly what: 'due' | 'all' }> = either(
  object<{ readonly ids: readonly string[] }>({ ids: list(text({ longest: 100 }), 1000) }, { isClosed: true }),
  object<{ readonly what: 'due' | 'all' }>({ what: word('due', 'all') }, { isClosed: true }),
)

/** What changes something, in the order of the documentation. */
export const changingEndpoints: readonly Endpoint[] = [
  endpoint({
    id: 'setPolicy',
    method: 'PUT',
    path: '/policy',
    about:
      'Puts a policy in force. One that is wrong, or on current data goes beyond its own limits, is refused with the place of each problem.',
    scope: 'policy:write',
    body: policyText,
    isPolicy: true,
    answer: policyVersion,
    errors: [409, 422],
    run: async ({ at, body, by }) => at.service.policies.set(body.text, by),
  }),
  endpoint({
    id: 'revertPolicy',
    method: 'POST',
    path: '/policy/revert',
    about: 'Puts an earlier version in force again, as a new one; the one before the present without a number.',
    scope: 'policy:write',
    body: revertTo,
    isBodyOptional: true,
    answer: policyVersion,
    errors: [404, 409, 422],
    run: async ({ at, body, by }) => at.service.policies.revert(body.version, by),
  }),
  endpoint({
    id: 'makePlan',
    method: 'POST',
    path: '/plans',
    about: 'Decides for now, and writes down what would be removed.',
    scope: 'policy:write',
    body: planOptions,
    isBodyOptional: true,
    answer: plan,
    errors: [409],
    run: async ({ at, body, by }) => at.service.plan(by, body),
  }),
  endpoint({
    id: 'applyPlan',
    method: 'POST',
    path: '/plans/{id}/apply',
    about:
      'Removes what a plan names, each item only if all is as the plan saw it. Stops between two items when the connection ends; the same call goes on.',
    scope: 'policy:approve',
    answer: run,
    errors: [404, 409],
    run: async ({ at, name, by, signal }) => at.service.apply(name, by, signal),
  }),
  endpoint({
    id: 'startRun',
    method: 'POST',
    path: '/runs',
    about: 'Makes a plan, and applies it where the mode is enforce. Answers when that is done; stops as applying does.',
    scope: 'policy:approve',
    body: planOptions,
    isBodyOptional: true,
    answer: run,
    errors: [409],
    run: async ({ at, body, by, signal }) => at.service.run(by, { ...body, signal }),
  }),
  endpoint({
    id: 'undo',
    method: 'POST',
    path: '/undo',
    about: 'Gives back what a run removed, or one entry of the trash. 410 when that was purged.',
    scope: 'trash:restore',
    isForDelegates: true,
    body: object<{ readonly id: string }>({ id }, { isClosed: true }),
    answer: undoReport,
    errors: [404, 409, 410],
    run: async ({ at, body, by, within }) => at.service.undo(body.id, by, within),
  }),
  endpoint({
    id: 'purge',
    method: 'POST',
    path: '/purge',
    about: 'Gives up for good what is over its time, entries of the trash that are named, or all of it.',
    scope: 'trash:purge',
    isForDelegates: true,
    body: purgeScope,
    answer: purgeReport,
    errors: [404, 410],
    run: async ({ at, body, by, within }) => {
      if ('ids' in body) return at.service.purge(body, by, within)
      if (within !== undefined)
        throw new IbuildError('REGISTRY_DENIED', 'you may purge in some repositories alone: name the entries')
      return at.service.purge(body.what, by)
    },
  }),
  endpoint({
    id: 'reportInUse',
    method: 'PUT',
    path: '/in-use/{reporter}',
    about:
      'Says what a cluster or a daemon runs: it stays until then. Takes the place of what the same reporter said before.',
    scope: 'in-use:report',
    body: inUse,
    answer: none,
    errors: [404],
    run: async ({ at, name, body }) => {
      if (at.inUse === undefined) throw new IbuildError('OBJECT_NOT_FOUND', 'nobody can tell here what is in use')
      await at.inUse.report(name, body)
      return null
    },
  }),
  endpoint({
    id: 'refreshMirror',
    method: 'POST',
    path: '/mirror/refresh',
    about:
      'Looks now after the images that are kept fresh, or after one of them. Answers when that is done: the status tells how.',
    scope: 'policy:approve',
    body: object<{ readonly image?: string | undefined }>(
      { image: optional(text({ longest: 1000 })) },
      { isClosed: true },
    ),
    isBodyOptional: true,
    answer: none,
    errors: [404],
    run: async ({ at, body }) => {
      if (at.mirror === undefined) throw new IbuildError('OBJECT_NOT_FOUND', 'no images are kept fresh here')
      await at.mirror.refreshNow(body.image)
      return null
    },
  }),
]
