import { readFile } from 'node:fs/promises'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { type JsonPlace, parseJson } from '../../shared/base/json.ts'
import { createHttpClient } from '../../shared/net/http/client.ts'
import { readBody } from '../../shared/net/http/read-body.ts'
import type { HttpClient } from '../../shared/net/http/types.ts'
import { readKeySet } from './jwt.ts'

/** Another object each time that the keys were read. */
export type KeySet = ReturnType<typeof readKeySet>

/** Public keys of an issuer. */
export interface IssuerKeys {
  /** Those that are known; read or fetched when they are not, or are old. Errors: TOKEN_ISSUER_FAILED when there are none. */
  get(): Promise<KeySet>
  /** Reads or fetches them anew, unless that was done just now; false then. */
  refresh(): Promise<boolean>
  close(): Promise<void>
}

export interface IssuerKeysOptions {
  /** A file, or an URL: `https:`, or `http:` on this machine. */
  readonly source: string
  readonly userAgent: string
  /** Milliseconds of a clock that nobody sets. */
  readonly elapsed: () => number
  readonly onNotice: (notice: string) => void
}

/** Milliseconds: how long keys are used without looking for others, and between two looks. */
const [freshTime, pause] = [600_000, 30_000]
/** Milliseconds for an answer as a whole. */
const patience = 10_000
const mostBytes = 256 * 1024

/**
 * Keys that are read when they are first needed, and again when they are old. When that fails those that are known are used on. An
 * URL is the operator's: nothing that a client sends has a say in it, it is asked without credentials, and redirects are not
 * followed.
 */
export function createIssuerKeys({ source, userAgent, elapsed, onNotice }: IssuerKeysOptions): IssuerKeys {
  const client = isURL(source) ? createHttpClient({ userAgent, timeouts }) : undefined
  let known: KeySet | undefined
  let lookedAt = Number.NEGATIVE_INFINITY
  let looking: Promise<void> | undefined
  const look = async (): Promise<void> => {
    lookedAt = elapsed()
    try {
      known = await (client === undefined ? readFileKeys(source) : fetchKeys(client, new URL(source)))
    } catch (error) {
      if (known === undefined) throw error
      onNotice(error instanceof Error ? error.message : String(error))
    }
  }
  const lookOnce = (): Promise<void> => {
    looking ??= look().finally(() => {
      looking = undefined
    })
    return looking
  }
  return {
    async get() {
      if (known !== undefined && elapsed() - lookedAt > freshTime) void lookOnce()
      if (known === undefined && (looking !== undefined || elapsed() - lookedAt > pause)) await lookOnce()
      if (known === undefined) throw failure(source, 'its keys could not be had a moment ago')
      return known
    },
    async refresh() {
      if (looking === undefined && elapsed() - lookedAt < pause) return false
      await lookOnce()
      return true
    },
    close: async () => client?.close(),
  }
}

const timeouts = { connect: 5000, answer: 5000, idle: 5000 }

function isURL(source: string): boolean {
  return /^https?:/i.test(source)
}

async function fetchKeys(client: HttpClient, url: URL): Promise<KeySet> {
  const signal = AbortSignal.timeout(patience)
  try {
    const answer = await client.send({ method: 'GET', url, headers: { accept: 'application/json' }, signal })
    if (answer.status !== 200) {
      await answer.body.discard()
      throw new Error(`it answers ${answer.status}`)
    }
    return parse(await readBody(answer, mostBytes), url.href)
  } catch (error) {
    throw failure(url.href, error instanceof Error ? error.message : 'unknown reason', error)
  }
}

async function readFileKeys(file: string): Promise<KeySet> {
  try {
    return parse(await readFile(file), file)
  } catch (error) {
    throw failure(file, errnoOf(error) ?? (error instanceof Error ? error.message : 'unknown reason'), error)
  }
}

function parse(bytes: Uint8Array, source: string): KeySet {
  const place: JsonPlace = { code: 'TOKEN_ISSUER_FAILED', path: source }
  return readKeySet(parseJson(bytes, { what: source, maxBytes: mostBytes }), place)
}

function failure(source: string, reason: string, cause?: unknown): IbuildError {
  return new IbuildError('TOKEN_ISSUER_FAILED', `no keys from ${source}: ${reason}`, { cause })
}
