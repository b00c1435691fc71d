import { asInteger, asObject, type JsonPlace, required } from '../../../shared/base/json.ts'
import type { AdminRoute } from '../../../shared/web/admin/route.ts'
import { readCopyJson } from './copy-json.ts'
import type { NotaryAdmin } from './types.ts'

const mebibyte = 1024 * 1024
/** Bytes of a call, in base64: as much as a collection may have. */
export const largestCall = 320 * mebibyte
/** Entries of one answer. */
const mostEntries = 1000

/** All calls. */
export const adminRoutes: readonly AdminRoute<NotaryAdmin>[] = [
  {
    method: 'POST',
    path: '/v1/audit',
    about: 'entries of the audit log behind the number `after`, as many as `limit` at most',
    run: async (admin, _parts, { body }) => {
      const place: JsonPlace = { code: 'SERVER_FAILED', path: 'admin call' }
      const asked = asObject(body, place)
      const limit = required(asked, 'limit', place, asInteger)
      const after = required(asked, 'after', place, asInteger)
      return admin.audit({ after, limit: Math.min(Math.max(0, limit), mostEntries) })
    },
  },
  {
    method: 'POST',
    path: '/v1/adopt',
    about: 'takes over a collection from another server: `gun`, `roots` and `files`, in base64',
    run: async (admin, _parts, { body }) => {
      const { gun, copy } = readCopyJson(body)
      return admin.adopt(gun, copy)
    },
  },
]
