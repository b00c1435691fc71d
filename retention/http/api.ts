import type { JsonObject } from '../../shared/base/json.ts'
import { untilGone } from '../../shared/web/admin/send-lines.ts'
import { type FurtherPaths, type FurtherRequest, Refusal } from '../../shared/web/further.ts'
import type { Source } from '../facts.ts'
import type { createGcAccess } from './access.ts'
import { bodyMemory, readBody } from './body.ts'
import type { Endpoint } from './endpoint.ts'
import { type SourcesTold, source as sourceShape } from './item-shapes.ts'
import { openApiDocument } from './open-api.ts'
import { byAccounts, type Rights } from './rights.ts'
import { type Found, findRoute, prefix, sherdockPrefixes } from './routes.ts'
import { refuseOtherSites } from './same-site.ts'
import { type Answering, Sender, sendLines } from './send.ts'
import { Mismatch } from './shape.ts'
import type { GcSource } from './types.ts'

export interface GcApiOptions {
  /** What is looked after here. */
  readonly sources: () => ReadonlyMap<Source, GcSource>
  /** Who may do what; asked for each request: that in force. */
  readonly access: () => ReturnType<typeof createGcAccess>
  /** Of this program, for the document. */
  readonly version: string
}

/** The API of retention, to be served beside a registry: its accounts, and what rules grant to them. */
export function gcPaths(options: GcApiOptions): readonly FurtherPaths[] {
  const api = createApi(options)
  return [prefix, ...sherdockPrefixes].map((path) => ({
    prefix: path,
    service: 'gc',
    serve: (asked) => api.answer(asked, byAccounts(asked, options.access())),
  }))
}

export interface GcApi {
  /** Answers a request of somebody with these rights. Never rejects. */
  answer(asked: Omit<FurtherRequest, 'identify'>, rights: Rights): Promise<void>
}

/** Answers of lines that are being given at the same time. */
const mostLines = 8

export function createApi({ sources, version }: Omit<GcApiOptions, 'access'>): GcApi {
  const sender = new Sender()
  const memory = bodyMemory()
  let giving = 0
  const sourceOf = (name: Source): GcSource => {
    const found = sources().get(name)
    if (found === undefined) throw new Refusal(404, `${name} is not looked after here`)
    return found
  }
  const answerEndpoint = async (
    asked: Omit<FurtherRequest, 'identify'>,
    { source, endpoint, name }: Extract<Found, { kind: 'endpoint' }>,
    rights: Rights,
  ): Promise<void> => {
    const { request, response, limits } = asked
    const { by, within } = await rights(endpoint.scope)
    if (within !== undefined && !endpoint.isForDelegates) throw notForDelegates(endpoint)
    const at = sourceOf(source ?? namedSource(request.query))
    const query = queryOf(request.query)
    const body = await readBody(request, endpoint.body, { limits, memory })
    const found = endpoint.run({ at, name, query, body, by, within, signal: untilGone(response) })
    if (found instanceof Promise) return sender.document(asked, 200, await found)
    if (giving >= mostLines)
      throw new Refusal(429, 'too many answers are being given: try again', { 'Retry-After': '5' })
    giving++
    await sendLines(asked, found).finally(() => giving--)
  }
  const answer = async (asked: Omit<FurtherRequest, 'identify'>, rights: Rights): Promise<void> => {
    const { request } = asked
    const found = findRoute(request.method, request.path)
    if (found.kind === 'document') return sender.document(asked, 200, openApiDocument(version))
    if (request.method !== 'GET' && request.method !== 'HEAD') refuseOtherSites(request)
    if (found.kind === 'endpoint') return answerEndpoint(asked, found, rights)
    await rights('policy:read')
    sender.document(asked, 200, toldSources(sources()))
  }
  return {
    answer: (asked, rights) =>
      answer(asked, rights).catch((error: unknown) => sender.failure(asked satisfies Answering, error)),
  }
}

function toldSources(sources: ReadonlyMap<Source, GcSource>): SourcesTold {
  return { sources: [...sources.keys()], daemon: sources.get('docker')?.daemon?.name }
}

/** Errors: Mismatch. */
function namedSource(query: URLSearchParams): Source {
  return sourceShape.read(query.get('source') ?? 'docker', 'query.source')
}

function notForDelegates({ about }: Endpoint): Refusal {
  return new Refusal(403, `you may see some repositories alone, and this is about all: ${about}`)
}

/** Errors: Mismatch for what is there twice. */
function queryOf(query: URLSearchParams): JsonObject {
  const names = [...query.keys()]
  const double = names.find((name, i) => names.indexOf(name) !== i)
  if (double !== undefined) throw new Mismatch('query', `${double.slice(0, 80)} is there twice`)
  return Object.fromEntries(query)
}
