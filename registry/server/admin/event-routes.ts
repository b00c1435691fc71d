import { IbuildError } from '../../../shared/base/errors.ts'
import { isObject } from '../../../shared/base/json.ts'
import type { AdminRoute } from '../../../shared/web/admin/route.ts'
import type { RegistryAdmin } from './types.ts'

/** Calls about events, in the order of the documentation. */
export const eventRoutes: readonly AdminRoute<RegistryAdmin>[] = [
  {
    method: 'GET',
    path: '/v1/events',
    about: 'how far each endpoint is with the events, and what became of those that were sent',
    run: (admin) => admin.events.status(),
  },
  {
    method: 'GET',
    path: '/v1/events/after/{number}',
    about: 'up to a hundred events after that number',
    run: (admin, [number = '']) => admin.events.after(numberOf(number)),
  },
  {
    method: 'GET',
    path: '/v1/events/dead/{endpoint}/{number}',
    about: 'up to a hundred dead letters of an endpoint after that number',
    run: (admin, [endpoint = '', number = '']) => admin.events.dead(endpoint, numberOf(number)),
  },
  {
    method: 'POST',
    path: '/v1/events/replay',
    about:
      'tells an endpoint again; the body is `{"endpoint", "from"}`, where from is a number or `"dead"`; gives how many events these are',
    run: async (admin, _parts, { body }) => {
      const { endpoint, from } = isObject(body) ? body : {}
      if (
        typeof endpoint !== 'string' ||
        !(from === 'dead' || (typeof from === 'number' && Number.isSafeInteger(from)))
      ) {
        throw new IbuildError('SERVER_FAILED', 'the body must be {"endpoint": NAME, "from": NUMBER or "dead"}')
      }
      return admin.events.replay(endpoint, from)
    },
  },
]

function numberOf(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new IbuildError('SERVER_FAILED', 'the number of an event has digits alone')
}
