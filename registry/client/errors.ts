import type { ErrorCode } from '../../shared/base/error-codes.ts'
import { type ErrorOptions, IbuildError } from '../../shared/base/errors.ts'
import { HttpFailure } from '../../shared/net/http/failure.ts'
import type { HttpAnswer } from '../../shared/net/http/types.ts'
import { type ServerErrors, toldBy } from '../../shared/net/server-errors.ts'

/** The error for an answer that was not hoped for. `what` is what was tried: `cannot read the tags of host/name`. */
export async function answerError(answer: HttpAnswer, what: string): Promise<IbuildError> {
  const told = await toldBy(answer)
  const { status } = answer
  const message = `${what}: ${told === undefined ? `the registry answered with status ${status}` : `${told} (status ${status})`}`
  return new IbuildError(codeOfStatus(status), message, hintOfStatus(status))
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 401 || status === 403) return 'REGISTRY_DENIED'
  if (status === 404) return 'REGISTRY_NOT_FOUND'
  if (status >= 500 || status === 429) return 'REGISTRY_FAILED'
  return status >= 400 ? 'REGISTRY_REFUSED' : 'REGISTRY_ANSWER_INVALID'
}

function hintOfStatus(status: number): ErrorOptions {
  if (status === 429) return { hint: 'The registry limits how often it is asked: log in, or try again later.' }
  return status >= 500 ? { hint: 'Try again later, or ask those who run the registry.' } : {}
}

/** The error for a request that came to nothing; what is none of the network stays as it is. */
export function connectionError(error: unknown, what: string): unknown {
  if (!(error instanceof HttpFailure)) return error
  const { kind, message } = error
  const hint = error.hint ?? hintOfFailure(kind, /^(\S+): /.exec(message)?.[1] ?? 'HOST')
  return new IbuildError(codesOfFailure[kind], `${what}: ${withoutHost(error.message, what)}`, {
    cause: error,
    ...(hint !== undefined && { hint }),
  })
}

/** What can be done about a place that is not reached as it wants to be. */
function hintOfFailure(kind: HttpFailure['kind'], host: string): string | undefined {
  if (kind === 'untrusted') {
    return `Put the certificate of its authority into /etc/docker/certs.d/${host}/ca.crt or ~/.docker/certs.d/${host}/ca.crt, or take any with --tls-verify=false.`
  }
  if (kind === 'tls') {
    return `A registry that wants a certificate of yours finds it as client.cert and client.key in /etc/docker/certs.d/${host}/.`
  }
  return kind === 'plain'
    ? 'Speak plain http to it with --tls-verify=false, or call it insecure in registries.yaml.'
    : undefined
}

/** A failure names its host, which may be another one than that of what was tried. */
function withoutHost(message: string, what: string): string {
  const [, host = '', rest = message] = /^(\S+): (.*)$/s.exec(message) ?? []
  return host !== '' && what.includes(host) ? rest : message
}

const codesOfFailure: Readonly<Record<HttpFailure['kind'], ErrorCode>> = {
  lookup: 'REGISTRY_UNREACHABLE',
  refused: 'REGISTRY_UNREACHABLE',
  unreachable: 'REGISTRY_UNREACHABLE',
  untrusted: 'REGISTRY_UNREACHABLE',
  tls: 'REGISTRY_UNREACHABLE',
  plain: 'REGISTRY_UNREACHABLE',
  proxy: 'REGISTRY_UNREACHABLE',
  timeout: 'REGISTRY_UNREACHABLE',
  broken: 'REGISTRY_FAILED',
  protocol: 'REGISTRY_ANSWER_INVALID',
  redirect: 'REGISTRY_ANSWER_INVALID',
  size: 'REGISTRY_ANSWER_INVALID',
}

/** What a registry answers makes no sense. */
export function invalidAnswer(what: string, problem: string): IbuildError {
  return new IbuildError('REGISTRY_ANSWER_INVALID', `${what}: ${problem}`)
}

/** For what is asked of registries. */
export const registryErrors: ServerErrors = {
  answer: answerError,
  failure: connectionError,
  invalid: invalidAnswer,
  denied: (message, hint) => new IbuildError('REGISTRY_DENIED', message, { hint }),
}
