import { IbuildError } from '../../shared/base/errors.ts'
import { HttpFailure } from '../../shared/net/http/failure.ts'
import type { HttpClient } from '../../shared/net/http/types.ts'
import { connectionError } from './errors.ts'
import type { Place } from './hosts/places.ts'

interface FindOptions {
  /** What is done, for messages. */
  readonly what: string
  readonly signal: AbortSignal | undefined
}

/**
 * The address at which a place answers, by the first of its schemes with which it does. Errors: REGISTRY_UNREACHABLE, also for
 * what the grammar of names takes for a host and no connection can be made to, such as `a.example:99999` or `256.1.1.1`.
 */
export async function findBase(client: HttpClient, { host, schemes }: Place, options: FindOptions): Promise<URL> {
  if (!URL.canParse(`https://${host}`))
    throw new IbuildError(
      'REGISTRY_UNREACHABLE',
      `${options.what}: ${host} is neither a host nor an address with a port`,
    )
  const bases = schemes.map((scheme) => new URL(`${scheme}://${host}`))
  const failures: HttpFailure[] = []
  for (const base of bases) {
    const failure = bases.length === 1 ? undefined : await tryBase(client, base, options.signal)
    if (failure === undefined) return base
    failures.push(failure)
    if (isAlike(failure, base)) break
  }
  const telling = failures.find(({ kind }) => kind === 'untrusted' || kind === 'tls') ?? failures[0]
  throw connectionError(telling, options.what)
}

/** What is wrong with a place when it is asked in this way. */
async function tryBase(
  client: HttpClient,
  base: URL,
  signal: AbortSignal | undefined,
): Promise<HttpFailure | undefined> {
  try {
    const answer = await client.send({ method: 'GET', url: new URL('/v2/', base), signal })
    await answer.body.discard()
    // A server of https tells whoever speaks http to it so.
    const isOther = base.protocol === 'http:' && answer.status === 400
    return isOther
      ? new HttpFailure('protocol', `${base.host}: it does not take what is sent by plain http`)
      : undefined
  } catch (error) {
    if (error instanceof HttpFailure) return error
    throw error
  }
}

/** True when another scheme will fail in the same way. */
function isAlike({ kind }: HttpFailure, { port }: URL): boolean {
  return kind === 'lookup' || (port !== '' && (kind === 'refused' || kind === 'unreachable'))
}
