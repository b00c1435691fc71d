import type { WebRequest } from '../../../shared/web/request.ts'
import { PublishError } from '../../service/publish-error.ts'
import type { NotaryService } from '../../service/types.ts'
import type { ChangesQuery, CollectionChange } from '../../store/collection-types.ts'
import type { Allowed } from '../authorize.ts'
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
      async run({ service }, allowed) {
        const isAll = gun !== undefined || allowed === undefined
        const changes = await (isAll ? service.changes(query) : visibleChanges(service, query, allowed))
        const records = changes.toSorted((a, b) => a.id - b.id).map(recordOf)
        return jsonReply({ count: records.length, records: records.length === 0 ? null : records })
      },
    }
  },
}

/** Changes that are looked at for one answer, whoever may see them. */
const mostLooks = 100_000

/** Those of collections that he may see: whoever asks for fewer than there are goes on behind the last one he got. */
async function visibleChanges(
  service: Pick<NotaryService, 'changes'>,
  query: ChangesQuery,
  { maySee }: Allowed,
): Promise<readonly CollectionChange[]> {
  const found: CollectionChange[] = []
  let { after } = query
  for (let looks = 0; looks < mostLooks; looks += most) {
    const page = await service.changes({ ...query, after, limit: most })
    found.push(...page.filter((change) => maySee(change.gun)))
    if (found.length >= query.limit || page.length < most) break
    after = (query.isReverse ? page[0] : page.at(-1))?.id
  }
  return query.isReverse ? found.toSorted((a, b) => b.id - a.id).slice(0, query.limit) : found.slice(0, query.limit)
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
