import { isDigest } from '../../../shared/base/digest.ts'
import type { ErrorCode } from '../../../shared/base/error-codes.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { RegistryError } from '../../protocol/error.ts'
import { parseName, parseTag } from '../../protocol/names.ts'
import type { RegistryService } from '../../service/types.ts'
import type { QuotaState, RegistryAdmin, RepositoryQuota } from './types.ts'

/** By whom the history says that a tag was moved, when an operator did it. */
const operator = 'operator'

/** What operators may ask of tags. */
export function tagAdmin({
  history,
}: Pick<RegistryService, 'history'>): Pick<RegistryAdmin, 'tagHistory' | 'rollBackTag'> {
  return {
    tagHistory: (repository, tag) => told(async () => history.moves(parseName(repository), parseTag(tag))),
    rollBackTag: (repository, tag, to) =>
      told(async () => history.rollBack(parseName(repository), parseTag(tag), { to: parseTarget(to), by: operator })),
  }
}

function parseTarget(to: number | string | undefined): Parameters<RegistryService['history']['rollBack']>[2]['to'] {
  if (to === undefined || typeof to === 'number' || isDigest(to)) return to
  throw new IbuildError('USAGE', `${JSON.stringify(to.slice(0, 160))} is neither the number of a move nor a digest`)
}

/** Errors of the service as those of a command. */
async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    const { code, hint } = meaningOf(error)
    throw new IbuildError(code ?? 'SERVER_FAILED', error.message, { cause: error, ...(hint !== undefined && { hint }) })
  }
}

interface Meaning {
  readonly code?: ErrorCode
  readonly hint?: string
}

/** 405 is that of a registry that is read-only; all else that is denied is for the sake of the tag. */
function meaningOf({ code, status }: RegistryError): Meaning {
  if (code !== 'DENIED') return meanings[code] ?? {}
  return status === 405 ? { hint: 'ibuild registry read-only status says why.' } : { code: 'TAG_IMMUTABLE' }
}

const shown = 'ibuild registry history REPOSITORY:TAG shows what there was, and what of it is still there.'
const written = 'Write it as REPOSITORY:TAG, without the host of the registry.'
const meanings: Readonly<Partial<Record<string, Meaning>>> = {
  MANIFEST_UNKNOWN: { code: 'OBJECT_NOT_FOUND', hint: shown },
  NAME_INVALID: { code: 'USAGE', hint: written },
  NAME_UNKNOWN: { code: 'OBJECT_NOT_FOUND', hint: shown },
  TAG_INVALID: { code: 'USAGE', hint: written },
}

/** Repositories that are told of. */
const mostShown = 20

/** How full quotas are, the fullest first. Looks at all repositories. */
export async function quotaState({ usage }: Pick<RegistryService, 'usage'>): Promise<QuotaState> {
  let [count, isCounting] = [0, false]
  let fullest: readonly RepositoryQuota[] = []
  for await (const { name: repository, bytes, onTheWay, limit, isWhole } of usage()) {
    isCounting ||= !isWhole
    if (limit === undefined) continue
    count++
    fullest = [...fullest, { repository, bytes, onTheWay, limit }].sort(byFullness).slice(0, mostShown)
  }
  return { count, isCounting, fullest }
}

function byFullness(a: RepositoryQuota, b: RepositoryQuota): number {
  return (b.bytes + b.onTheWay) / b.limit - (a.bytes + a.onTheWay) / a.limit
}
