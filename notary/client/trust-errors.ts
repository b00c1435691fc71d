import type { ErrorCode } from '../../shared/base/error-codes.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { HttpFailure } from '../../shared/net/http/failure.ts'
import type { HttpAnswer } from '../../shared/net/http/types.ts'
import { type ServerErrors, toldBy } from '../../shared/net/server-errors.ts'

/** What goes wrong with trust servers: who is not there, not trusted or has an error of its own is told apart. */
export const trustErrors: ServerErrors = {
  answer: answerError,
  failure: failureError,
  invalid: (what, problem) => new IbuildError('TRUST_UNREACHABLE', `${what}: ${problem}`),
  denied: (message, hint) => new IbuildError('TRUST_DENIED', message, { hint }),
}

async function answerError(answer: HttpAnswer, what: string): Promise<IbuildError> {
  const { status, url } = answer
  const told = await toldBy(answer)
  const problem = told === undefined ? `${url.host} answered with status ${status}` : `${told} (status ${status})`
  return new IbuildError(codeOf(status), `${what}: ${problem}`, status >= 500 ? { hint: laterHint } : {})
}

const laterHint = 'Try again later, or ask those who run the trust server.'

function codeOf(status: number): ErrorCode {
  if (status === 401 || status === 403) return 'TRUST_DENIED'
  return status === 404 ? 'TRUST_NO_DATA' : 'TRUST_UNREACHABLE'
}

function failureError(error: unknown, what: string): unknown {
  if (!(error instanceof HttpFailure)) return error
  const host = /^(\S+): /.exec(error.message)?.[1] ?? 'HOST:PORT'
  const hint = error.hint ?? hints[error.kind]?.(host)
  const code = error.kind === 'size' ? 'TRUST_TOO_LARGE' : 'TRUST_UNREACHABLE'
  return new IbuildError(code, `${what}: ${error.message}`, { cause: error, ...(hint !== undefined && { hint }) })
}

const hints: Readonly<Partial<Record<HttpFailure['kind'], (host: string) => string>>> = {
  lookup: () => 'DOCKER_CONTENT_TRUST_SERVER names the trust server; without it the host of the image is asked.',
  refused: () => 'DOCKER_CONTENT_TRUST_SERVER names the trust server; without it the host of the image is asked.',
  untrusted: (host) =>
    `If you know whose certificate it is, ibuild trust setup ${host} puts the certificate of its authority into ~/.docker/tls/${host}/ca.crt.`,
  tls: (host) =>
    `A server that wants a certificate of yours finds it as client.cert and client.key in ~/.docker/tls/${host}/.`,
  plain: () =>
    'DOCKER_CONTENT_TRUST_SERVER names the trust server, which is asked by https alone; without it the host of the image is asked.',
}
