import { adminCalls, isNobodyThere } from '../../../shared/web/admin/call.ts'
import { copyJson } from './copy-json.ts'
import type { NotaryAdmin } from './types.ts'

/** The admin API of the notary that listens on a socket; undefined when none does. */
export async function connectNotary(socket: string): Promise<NotaryAdmin | undefined> {
  const call = adminCalls(socket)
  const admin: NotaryAdmin = {
    audit: ({ after, limit }) => call('POST', '/v1/audit', { after, limit }),
    adopt: (gun, copy) => call('POST', '/v1/adopt', copyJson(gun, copy)),
  }
  try {
    await admin.audit({ after: 0, limit: 0 })
    return admin
  } catch (error) {
    if (isNobodyThere(error)) return undefined
    throw error
  }
}
