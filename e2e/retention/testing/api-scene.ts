import type { ExecutionContext } from 'ava'
import { basicOf, type TokenRegistry, tokenRegistry } from '../../../registry/token/testing/token-registry.ts'
import type { Source } from '../../../retention/facts.ts'
import { createGcAccess, type GcAccessRule, type Scope, scopes } from '../../../retention/http/access.ts'
import { gcPaths } from '../../../retention/http/api.ts'
import type { GcSource, InUseReport } from '../../../retention/http/types.ts'
import { type OpenModel, type OpenModelOptions, openModel } from '../../../retention/run/testing/open-model.ts'
import type { Answered } from '../../../shared/web/testing/asking.ts'

export interface ApiScene extends OpenModel {
  readonly registry: TokenRegistry
  readonly source: GcSource
  /** Images that were asked to be refreshed. */
  readonly refreshed: (string | undefined)[]
  /** Asks as ann, at a path behind `/api/gc/v1/registry`; a body is sent as JSON. */
  ask(method: string, path: string, body?: unknown): Promise<Told>
}

export interface Told extends Pick<Answered, 'status' | 'headers'> {
  readonly text: string
  /** What is told in JSON. */
  readonly json: unknown
}

const isScope = (word: string): word is Scope => Object.hasOwn(scopes, word)
const everyScope: readonly Scope[] = Object.keys(scopes).filter(isScope)
/** Ann may do everything, and bob may read. */
const usualRules: readonly GcAccessRule[] = [
  { who: ['user:ann'], scopes: everyScope },
  { who: ['user:bob'], scopes: ['policy:read'] },
]

/** A source with what is around it, in memory. */
export function sourceOf({ service, clock }: OpenModel): Pick<ApiScene, 'source' | 'refreshed'> {
  const reports = new Map<string, InUseReport>()
  const refreshed: (string | undefined)[] = []
  const source: GcSource = {
    service,
    inUse: {
      report: async (reporter, said) => void reports.set(reporter, { reporter, at: clock.now, ...said }),
      list: async () => [...reports.values()],
    },
    mirror: { refreshNow: async (image) => void refreshed.push(image) },
  }
  return { source, refreshed }
}

interface ApiSceneOptions extends OpenModelOptions {
  readonly rules?: readonly GcAccessRule[]
  /** Beside the registry. */
  readonly more?: ReadonlyMap<Source, GcSource>
}

/** The API of a model beside a registry with accounts, on a port of its own. */
export async function apiScene(
  t: ExecutionContext,
  { rules = usualRules, more = new Map(), ...options }: ApiSceneOptions = {},
): Promise<ApiScene> {
  const opened = await openModel(options)
  const { source, refreshed } = sourceOf(opened)
  const paths = gcPaths({
    sources: () => new Map([['registry', source], ...more]),
    access: () => createGcAccess(rules),
    version: '1.2.3',
  })
  const registry = await tokenRegistry(t, { further: paths })
  return {
    ...opened,
    registry,
    source,
    refreshed,
    async ask(method, path, body) {
      const headers = { ...basicOf('ann:anns'), ...(body !== undefined && { 'content-type': 'application/json' }) }
      const sent = body === undefined ? {} : { body: JSON.stringify(body) }
      return told(await registry.ask(method, `/api/gc/v1/registry${path}`, { headers, ...sent }))
    },
  }
}

export function told({ status, headers, body }: Answered): Told {
  const text = body.toString()
  return { status, headers, text, json: headers['content-type'] === 'application/json' ? JSON.parse(text) : undefined }
}
