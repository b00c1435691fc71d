import { setTimeout as sleep } from 'node:timers/promises'
import { HttpFailure, type HttpFailureKind } from './http/failure.ts'
import { type HttpAnswer, headerOf } from './http/types.ts'
import type { ServerErrors } from './server-errors.ts'

/** How often and when something is tried again. Times are milliseconds. */
export interface RetryRules {
  /** Beside the first try. */
  readonly most: number
  /** Before the second try; doubled for each one after it. */
  readonly delay: number
  readonly longest: number
  /** From 0 to 1, anew at each call. */
  readonly random: () => number
  /** Is told of a pause that whoever waits should know of: a long one, and each one after the first failure. */
  readonly onPause?: ((text: string, milliseconds: number) => void) | undefined
}

export const usualRetries: RetryRules = { most: 4, delay: 500, longest: 10_000, random: Math.random }

/** A server is waited for as it asks, for so long. */
const longestAsked = 120_000
/** A pause from here on is told: whoever waits should know for what. A shorter one is when it is not the first. */
const longPause = 1000

interface Pause {
  /** Milliseconds that the registry asks for. */
  readonly asked?: number | undefined
  /** What failed, for whoever is told of the pause. */
  readonly error?: unknown
  readonly signal?: AbortSignal | undefined
}

/** Waits before try number `failures` + 1, with jitter, so that many clients do not come back at one time. */
export async function waitBefore(
  rules: RetryRules,
  failures: number,
  { asked = 0, error, signal }: Pause = {},
): Promise<void> {
  const backoff = Math.min(rules.delay * 2 ** (failures - 1), rules.longest) * (0.5 + rules.random() / 2)
  const time = Math.max(backoff, Math.min(asked, longestAsked))
  if (error instanceof Error && (time >= longPause || failures > 1 || isLate(error)))
    rules.onPause?.(`${error.message}; trying again in ${secondsOf(time)}${reasonOf(time, asked)}`, time)
  await sleep(time, undefined, signal === undefined ? {} : { signal })
}

/** One that was waited for long enough, in silence. */
function isLate(error: Error): boolean {
  return [error, error.cause].some((each) => each instanceof HttpFailure && each.kind === 'timeout')
}

function secondsOf(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000)
  return seconds === 1 ? '1 second' : `${seconds} seconds`
}

function reasonOf(time: number, asked: number): string {
  if (asked > time) return ', though the registry asks for more'
  return asked === time ? ', as the registry asks' : ''
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
    errors,
  }: {
    readonly what: string
    readonly signal?: AbortSignal | undefined
    readonly retries: RetryRules
    readonly errors: ServerErrors
  },
  send: () => Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  for (let failures = 1; ; failures++) {
    const isLast = failures > retries.most
    let asked: number | undefined
    let error: unknown
    try {
      const answer = await send()
      if (!isPassing(answer.status) || isLast) return answer
      asked = retryAfter(answer, Date.now())
      error = await errors.answer(answer, what)
    } catch (failure) {
      error = errors.failure(failure, what)
      if (!isPassingFailure(failure) || isLast) throw error
    }
    await waitBefore(retries, failures, { asked, error, signal })
  }
}

/** Tells of pauses, but not of those that begin while one that was told lasts: requests go side by side. */
export function pauseNotices(onNotice: (text: string) => void): NonNullable<RetryRules['onPause']> {
  let until = 0
  return (text, milliseconds) => {
    const now = performance.now()
    if (now < until) return
    until = now + milliseconds
    onNotice(text)
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

/** Milliseconds that an answer asks to wait (RFC 9110, 10.2.3), however many; undefined when it does not say. */
export function retryAfter(answer: HttpAnswer, now: number): number | undefined {
  const text = headerOf(answer, 'retry-after')?.trim()
  if (text === undefined || text === '') return undefined
  if (/^\d+$/.test(text)) return Number(text) * 1000
  const time = /^[A-Z][a-z]/.test(text) ? Date.parse(text) - now : Number.NaN
  return Number.isNaN(time) ? undefined : Math.max(0, time)
}
