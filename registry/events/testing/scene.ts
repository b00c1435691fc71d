import type { ExecutionContext } from 'ava'
import { lastNumber } from '../../../shared/rows/log-rows.ts'
import type { RowStore } from '../../../shared/rows/row-store.ts'
import { createMemoryMetadata } from '../../storage/memory-metadata.ts'
import type { EndpointStatus } from '../events-admin.ts'
import { type Outbox, type OutboxHost, openOutbox } from '../outbox.ts'
import type { Endpoint, ReadEventSettings } from '../types.ts'
import { waitUntil } from './receiver.ts'

/** An endpoint that is tried again at once. */
export function endpointAt(url: string, more: Partial<Endpoint> = {}): Endpoint {
  return {
    name: 'one',
    url,
    secretFile: '',
    caFile: '',
    secret: undefined,
    authorities: [],
    headers: {},
    actions: ['push', 'pull', 'mount', 'delete'],
    ignoreMediaTypes: [],
    timeout: 2000,
    threshold: 2,
    backoff: 5,
    maxAge: 3_600_000,
    ...more,
  }
}

export function settingsFor(endpoints: readonly Endpoint[], more: Partial<ReadEventSettings> = {}): ReadEventSettings {
  return {
    endpoints,
    url: '',
    references: false,
    retain: 3_600_000,
    limit: 10_000,
    deadLetters: 100,
    allow: [],
    ...more,
  }
}

export interface Scene {
  readonly metadata: RowStore
  readonly outbox: Outbox
  /** Brings other settings into force. */
  configure(settings: ReadEventSettings): Promise<void>
  /** Writes an event of each tag, in one change each. */
  push(...tags: string[]): Promise<void>
  status(name?: string): Promise<EndpointStatus>
  /** Waits until an endpoint has nothing left to be told. */
  idle(name?: string): Promise<void>
  readonly warnings: string[]
  /** False while nothing may be written. */
  isWritable: boolean
}

export interface SceneOptions {
  readonly metadata?: RowStore
  readonly now?: () => number
}

/** An outbox over metadata in memory, closed with the test. */
export async function openScene(t: ExecutionContext, options: SceneOptions = {}): Promise<Scene> {
  const { metadata = createMemoryMetadata(), now = Date.now } = options
  const outbox = await openOutbox({ metadata, now, random: () => 0 })
  t.teardown(() => outbox.close())
  const warnings: string[] = []
  const watched = outbox.watch(metadata)
  const host: OutboxHost = {
    housekeep: async (work) => {
      if (scene.isWritable) await work()
    },
    log: { warn: (message) => void warnings.push(message), info: () => undefined },
    address: () => 'registry:5000',
  }
  const scene: Scene = {
    metadata,
    outbox,
    warnings,
    isWritable: true,
    configure: (settings) => outbox.configure(settings, host),
    push: async (...tags) => {
      for (const tag of tags) {
        const append = outbox.tell([{ action: 'push', kind: 'manifest', name: 'team/app', tag }], undefined)
        await watched.commit({ append })
      }
    },
    status: async (name = 'one') => {
      const found = (await outbox.admin.status()).endpoints.find((each) => each.name === name)
      if (found === undefined) throw new Error(`no endpoint ${name}`)
      return found
    },
    idle: async (name) => {
      const isIdle = async (): Promise<boolean> => (await scene.status(name)).backlog === 0
      await waitUntil(isIdle, () => 'the backlog is not empty')
    },
  }
  return scene
}

export async function eventCount(metadata: RowStore): Promise<number> {
  return lastNumber(metadata, 'event')
}
