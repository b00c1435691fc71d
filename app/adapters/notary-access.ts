import type { AccessRequest, Authorize, Wish } from '../../notary/http/authorize.ts'
import { WebError } from '../../notary/http/web-error.ts'
import type { ServerAccess } from '../../notary/server/access.ts'
import { PublishError, refused } from '../../notary/service/publish-error.ts'
import { RegistryError } from '../../registry/protocol/error.ts'
import type { RepositoryName } from '../../registry/protocol/names.ts'
import type { NotaryAccess } from '../../registry/server/notary-access.ts'
import { logRequest } from '../../registry/server/request-log.ts'
import type { JsonValue } from '../../shared/base/json.ts'
import type { Log } from '../../shared/log/log.ts'
import type { RequestLogging } from '../../shared/log/request-lines.ts'

export interface AccessParts {
  /** True while everybody may do everything. */
  readonly isOpen: () => boolean
  readonly log: Log
  /** Which requests for tokens are told. */
  readonly logging: () => RequestLogging
}

/** Lets the notary ask the registry's accounts, rules and tokens who may do what. */
export function accessOfRegistry(access: NotaryAccess, { isOpen, log, logging }: AccessParts): ServerAccess {
  return {
    authorize: authorizeWith(access),
    isOpen,
    tokenPages: access.givesTokens ? access.tokenPages((request) => logRequest(log, request, logging())) : undefined,
  }
}

function authorizeWith({ authorize, names }: NotaryAccess): Authorize {
  return async (request, wish) => {
    try {
      const { mayPull } = await authorize(request, wish)
      return { maySee: (gun) => isPulled(names().repositoryOf(gun), mayPull) }
    } catch (error) {
      throw error instanceof RegistryError ? inWordsOfNotary(error, request, wish) : error
    }
  }
}

/** Collections of repositories elsewhere are nobody's here. */
function isPulled(name: RepositoryName | undefined, mayPull: (name: RepositoryName) => boolean): boolean {
  return name !== undefined && mayPull(name)
}

function inWordsOfNotary(error: RegistryError, request: AccessRequest, wish: Wish): Error {
  const { code, status, message, headers, cause } = error
  if (code === 'UNAUTHORIZED') return unauthorized(headers, wish)
  // Stock clients say what 401 means, and of 403 its number alone.
  if (code === 'DENIED') return unauthorized({ 'WWW-Authenticate': 'Bearer error="insufficient_scope"' }, wish, message)
  if (code === 'NAME_UNKNOWN') {
    const isChange = request.method === 'POST' || request.method === 'DELETE'
    return isChange ? refused('INVALID_GUN', message) : new PublishError('METADATA_NOT_FOUND')
  }
  return new WebError(status, code, message, { headers, cause })
}

function unauthorized(headers: Readonly<Record<string, string>>, wish: Wish, message = usual): WebError {
  return new WebError(401, 'UNAUTHORIZED', message, { detail: detailOf(wish), headers })
}

const usual = 'authentication required'

/** As the reference server has it. */
function detailOf(wish: Wish): JsonValue {
  if (wish.kind !== 'collection') return [{ Type: 'registry', Class: '', Name: 'catalog', Action: '*' }]
  return wish.actions.map((action) => ({ Type: 'repository', Class: '', Name: wish.gun, Action: action }))
}
