import type { WebRequest } from '../../../shared/web/request.ts'
import { PublishError } from '../../service/publish-error.ts'
import type { ChangesQuery, CollectionChange } from '../../store/collection-types.ts'
import { askedGun, type Methods } from '../endpoint.ts'
import { jsonReply } from '../reply.ts'

/** Records of one answer: when as many as there are shall come, and at most. */
const [usual, most] = [100, 1000]

export const changesMethods: Methods<'changes'> = {
  GET: (request, { gun: text }) => {
    const gun = text === undefined ? undefined : askedGun(text)
    const query = { ...queryOf(request), gun }
    return {
      wish: gun === undefined ? { kind: 'catalog' } : { kind: 'collection', gun, actions: ['pull'] },
      async run({ service }) {
        const changes = await service.changes(query)
        const records = changes.toSorted((a, b) => a.id - b.id).map(recordOf)
        return jsonReply({ count: records.length, records: records.length === 0 ? null : records })
      },
    }
  },
}

/**
 * `records`, which must be there: how many, 0 for as many as are usual, below 0 for those before. `change_id`: behind (before) which
 * change; none is from the start, and -1 the newest ones.
 */
function queryOf({ query }: WebRequest): Omit<ChangesQuery, 'gun'> {
  const count = integerIn('records', query.get('records') ?? '')
  const id = integerIn('change_id', query.get('change_id') || '0')
  return {
    after: id > 0 ? id : undefined,
    limit: Math.min(Math.abs(count) || usual, most),
    isReverse: count < 0 || id < 0,
  }
}

function integerIn(name: string, text: string): number {
  if (/^[+-]?\d{1,15}$/.test(text)) return Number(text)
  throw new PublishError('INVALID_PARAMETERS', { detail: `${name} is not a whole number: ${text.slice(0, 40)}` })
}

function recordOf({ id, at, gun, version, sha256, category }: CollectionChange): object {
  return {
    ID: String(id),
    CreatedAt: new Date(at).toISOString(),
    GUN: gun,
    Version: version,
    SHA256: sha256,
    Category: category,
  }
}
