import type { Source } from '../facts.ts'
import type { PolicyBook, PreviewOptions, RetentionService } from '../run/types.ts'
import { inUseReport, type PreviewBody } from './body-shapes.ts'
import { type Call, type Calls, createCalls, query, shapes } from './calls.ts'
import { type SourcesTold, sourcesTold } from './item-shapes.ts'
import { base } from './routes.ts'
import { list } from './shape.ts'
import type { GcTransport } from './transport.ts'
import type { InUseReports, MirrorRuns } from './types.ts'

/** Retention of a source in another process. Who did something is told to the owner's socket; elsewhere it is whoever logged in. */
export interface RemoteRetention extends RetentionService {
  readonly inUse: InUseReports
  readonly mirror: MirrorRuns
}

/** What a server looks after. Errors: as of {@link RemoteRetention}. */
export async function remoteSources(transport: GcTransport): Promise<SourcesTold> {
  return createCalls(transport, base).get('', sourcesTold)
}

/** Closing it closes the transport. */
export function remoteRetention(transport: GcTransport, source: Source): RemoteRetention {
  const calls = createCalls(transport, `${base}/${source}`)
  return {
    source,
    policies: policiesOf(calls),
    ...readingOf(calls),
    ...changingOf(calls),
    inUse: {
      report: async (reporter, body) =>
        calls.send(
          { method: 'PUT', path: `/in-use/${encodeURIComponent(reporter)}`, body: { ...body } },
          shapes.nothing,
        ),
      list: async () => calls.get('/in-use', list(inUseReport)),
    },
    mirror: {
      refreshNow: async (image) =>
        calls.send(
          { method: 'POST', path: '/mirror/refresh', body: image === undefined ? {} : { image }, isLong: true },
          shapes.nothing,
        ),
    },
    close: async () => transport.close(),
  }
}

function policiesOf(calls: Calls): PolicyBook {
  return {
    show: async (version) => calls.get(`/policy${query({ version })}`, shapes.policy),
    versions: async () => calls.get('/policy/versions', shapes.versions),
    check: async (text) =>
      calls.send({ method: 'POST', path: '/policy/check', body: { text }, isLong: true }, shapes.check),
    set: async (text, by) =>
      calls.send({ method: 'PUT', path: '/policy', body: { text }, by, isLong: true }, shapes.policy),
    revert: async (version, by) =>
      calls.send(
        { method: 'POST', path: '/policy/revert', body: version === undefined ? {} : { version }, by, isLong: true },
        shapes.policy,
      ),
  }
}

type Reading = 'status' | 'preview' | 'previewText' | 'plans' | 'planned' | 'runs' | 'trash' | 'explain' | 'audit'

function readingOf(calls: Calls): Pick<RetentionService, Reading> {
  return {
    status: async () => calls.get('/status', shapes.status),
    preview: (options) => calls.lines(previewCall(options), shapes.preview),
    previewText: (options) => calls.lineBytes(previewCall(options), shapes.preview),
    plans: async () => calls.get('/plans', shapes.plans),
    planned: (id) =>
      oneByOne(calls.lines({ method: 'GET', path: `/plans/${encodeURIComponent(id)}/items` }, shapes.planned)),
    runs: async (limit) => calls.get(`/runs${query({ limit })}`, shapes.runs),
    trash: async (options = {}) => calls.get(`/trash${query({ ...options })}`, shapes.trash),
    explain: async (what) => calls.get(`/explain${query({ what })}`, shapes.explanation),
    audit: ({ after } = {}) =>
      oneByOne(calls.lines({ method: 'GET', path: `/audit${query({ after })}` }, shapes.audit)),
  }
}

function previewCall({ text, only, plan, signal }: PreviewOptions): Call {
  return { method: 'POST', path: `/preview${query({ only })}`, body: previewBody({ text, plan }), signal }
}

async function* oneByOne<T>(pages: AsyncIterable<readonly T[]>): AsyncGenerator<T> {
  for await (const page of pages) yield* page
}

type Changing = 'plan' | 'apply' | 'run' | 'undo' | 'purge'

function changingOf(calls: Calls): Pick<RetentionService, Changing> {
  const post = { method: 'POST', isLong: true } as const
  return {
    plan: async (by, options = {}) =>
      calls.send({ ...post, path: '/plans', body: bodyOf(options), by, signal: options.signal }, shapes.plan),
    apply: async (id, by, signal) =>
      calls.send({ ...post, path: `/plans/${encodeURIComponent(id)}/apply`, by, signal }, shapes.run),
    run: async (by, options = {}) =>
      calls.send({ ...post, path: '/runs', body: bodyOf(options), by, signal: options.signal }, shapes.run),
    undo: async (id, by) => calls.send({ ...post, path: '/undo', body: { id }, by }, shapes.undo),
    purge: async (what, by) =>
      calls.send(
        { ...post, path: '/purge', body: typeof what === 'string' ? { what } : { ids: what.ids }, by },
        shapes.purge,
      ),
  }
}

type CallBody = Readonly<Record<string, string | readonly string[]>>

function previewBody({ text, plan }: PreviewBody): Readonly<Record<string, string | CallBody>> {
  return { ...(text !== undefined && { text }), ...(plan !== undefined && { plan: bodyOf(plan) }) }
}

type PlanBody = NonNullable<Parameters<RetentionService['plan']>[1]>

function bodyOf({ only, order, cause }: PlanBody): CallBody {
  return {
    ...(only !== undefined && { only }),
    ...(order !== undefined && { order }),
    ...(cause !== undefined && { cause }),
  }
}
