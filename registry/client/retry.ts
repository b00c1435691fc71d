import { setTimeout as sleep } from 'node:timers/promises'
import { HttpFailure, type HttpFailureKind } from '../../shared/net/http/failure.ts'
import { type HttpAnswer, headerOf } from '../../shared/net/http/types.ts'
import { connectionError } from './errors.ts'

/** How often and when something is tried again. Times are milliseconds. */
export interface RetryRules {
  /** Beside the first try. */
  readonly most: number
  /** Before the second try; doubled for each one after it. */
  readonly delay: number
  readonly longest: number
  /** From 0 to 1, anew at each call. */
  readonly random: () => number
}

export const usualRetries: RetryRules = { most: 4, delay: 500, longest: 10_000, random: Math.random }

/** A server is waited for as it asks, for so long. */
const longestAsked = 120_000

/** Waits before try number `failures` + 1, with jitter, so that many clients do not come back at one time. */
export async function waitBefore(
  rules: RetryRules,
  failures: number,
  options: { readonly asked?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const backoff = Math.min(rules.delay * 2 ** (failures - 1), rules.longest) * (0.5 + rules.random() / 2)
  const time = Math.max(backoff, Math.min(options.asked ?? 0, longestAsked))
  await sleep(time, undefined, options.signal === undefined ? {} : { signal: options.signal })
}

/**
 * Tries until there is an answer, or one that will not be another after a while. Failures of the network are told as those of
 * `what`.
 */
export async function repeated(
  {
    what,
    signal,
    retries,
  }: { readonly what: string; readonly signal?: AbortSignal | undefined; readonly retries: RetryRules },
  send: () => Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  for (let failures = 1; ; failures++) {
    const isLast = failures > retries.most
    let asked: number | undefined
    try {
      const answer = await send()
      if (!isPassing(answer.status) || isLast) return answer
      asked = retryAfter(answer, Date.now())
      await answer.body.discard()
    } catch (error) {
      if (!isPassingFailure(error) || isLast) throw connectionError(error, what)
    }
    await waitBefore(retries, failures, { asked, signal })
  }
}

/** Statuses that mean that it may work in a while. */
export function isPassing(status: number): boolean {
  return status === 429 || status === 408 || (status >= 500 && status !== 501 && status !== 505 && status !== 507)
}

const passing: ReadonlySet<HttpFailureKind> = new Set(['timeout', 'broken'])

/** Failures of the network that may be over in a while. */
export function isPassingFailure(error: unknown): error is HttpFailure {
  return error instanceof HttpFailure && passing.has(error.kind)
}

/** Milliseconds that an answer asks to wait (RFC 9110, 10.2.3); undefined when it does not say. */
export function retryAfter(answer: HttpAnswer, now: number): number | undefined {
  const text = headerOf(answer, 'retry-after')?.trim()
  if (text === undefined || text === '') return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  const time = /^[A-Z][a-z]/.test(text) ? Date.parse(text) - now : Number.NaN
  return Number.isNaN(time) ? undefined : Math.max(0, time)
}
