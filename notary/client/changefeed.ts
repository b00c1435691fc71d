import { asArray, asObject, asString, type JsonPlace, parseJson, required } from '../../shared/base/json.ts'
import { readBody } from '../../shared/net/http/read-body.ts'
import { isGun } from '../tuf/gun.ts'
import type { Gun } from '../tuf/types.ts'
import { trustErrors } from './trust-errors.ts'
import type { TrustServer } from './trust-server.ts'

const what = 'cannot read the changes of the trust server'
const atOnce = 1000
const mostBytes = 4 * 1024 * 1024
const mostCollections = 1_000_000
const place: JsonPlace = { code: 'TRUST_UNREACHABLE', path: 'changefeed' }

/**
 * Collections that a trust server has by its changefeed, in the order of their names: those whose last change is no deletion. Errors:
 * TRUST_DENIED, TRUST_UNREACHABLE, also for answers that are none.
 */
export async function changedCollections(server: TrustServer, signal: AbortSignal): Promise<readonly Gun[]> {
  const found = new Set<Gun>()
  for (let after = '0'; ; ) {
    const changes = await readChanges(server, after, signal)
    for (const { gun, isDeletion } of changes) {
      if (!isGun(gun)) continue
      if (isDeletion) found.delete(gun)
      else found.add(gun)
    }
    if (found.size > mostCollections) throw trustErrors.invalid(what, `it has more than ${mostCollections} collections`)
    const last = changes.at(-1)
    if (last === undefined || changes.length < atOnce) return [...found].toSorted()
    if (Number(last.id) <= Number(after)) throw trustErrors.invalid(what, 'its changes are in no order')
    after = last.id
  }
}

interface Change {
  readonly id: string
  readonly gun: string
  readonly isDeletion: boolean
}

async function readChanges(server: TrustServer, after: string, signal: AbortSignal): Promise<readonly Change[]> {
  const answer = await server.send({
    method: 'GET',
    gun: undefined,
    path: `_trust/changefeed?records=${atOnce}&change_id=${encodeURIComponent(after)}`,
    actions: ['*'],
    what,
    expect: [200],
    signal,
  })
  const bytes = await readBody(answer, mostBytes).catch((error: unknown) => {
    throw trustErrors.failure(error, what)
  })
  const { records } = asObject(parseJson(bytes, { what: 'changefeed', maxBytes: mostBytes }), place)
  if (records === null || records === undefined) return []
  return asArray(records, place).map((value) => {
    const record = asObject(value, place)
    const text = (name: string): string => required(record, name, place, asString)
    return { id: text('ID'), gun: text('GUN'), isDeletion: text('Category') === 'deletion' }
  })
}
