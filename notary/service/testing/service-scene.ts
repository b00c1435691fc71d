import type { ExecutionContext } from 'ava'
import { createMemoryTrustStore } from '../../store/open-trust-store.ts'
import type { TrustStore } from '../../store/types.ts'
import { parseGun } from '../../tuf/gun.ts'
import { type CollectionOptions, TestCollection } from '../../tuf/testing/collection.ts'
import { type TestKey, testKey } from '../../tuf/testing/keys.ts'
import type { Gun, RoleName, ServerRole } from '../../tuf/types.ts'
import { createNotaryService } from '../create-service.ts'
import { PublishError } from '../publish-error.ts'
import type { NotaryService, NotaryServiceOptions } from '../types.ts'
import { createMemorySigner, type MemorySigner } from './memory-signer.ts'

export const app: Gun = parseGun('localhost:5000/team/app')

/** A service in memory, with a clock that stands still. */
export interface ServiceScene {
  readonly service: NotaryService
  readonly store: TrustStore
  readonly signer: MemorySigner
  /** Milliseconds since the epoch; to be set. */
  readonly clock: { now: number }
  /** A collection, not published yet, whose timestamp key, and snapshot key if that is asked for, are the service's. */
  readonly collection: (options?: NewCollection) => Promise<TestCollection>
}

export interface NewCollection extends CollectionOptions {
  /** Default: none but the timestamp's. */
  readonly held?: readonly ServerRole[]
}

export interface SceneOptions extends Partial<Omit<NotaryServiceOptions, 'signer'>> {
  readonly now?: () => number
}

const timestampOnly: readonly ServerRole[] = ['timestamp']

export function serviceScene(t: ExecutionContext, options: SceneOptions = {}): ServiceScene {
  const clock = { now: Date.now() }
  const store = options.store ?? createMemoryTrustStore()
  const signer = createMemorySigner()
  const service = createNotaryService({ now: () => clock.now, ...options, store, signer })
  t.teardown(() => service.close())
  return {
    service,
    store,
    signer,
    clock,
    collection: async ({ held = timestampOnly, keys, ...others }: NewCollection = {}) => {
      const gun = parseGun(others.gun ?? app)
      const own: Partial<Record<ServerRole, TestKey[]>> = {}
      for (const role of held) own[role] = [await heldKey({ service, signer }, gun, role)]
      return new TestCollection({ gun, now: clock.now, ...others, keys: { ...own, ...keys } })
    },
  }
}

/** The key that a service gives for a role, with its private part. */
export async function heldKey(
  { service, signer }: Pick<ServiceScene, 'service' | 'signer'>,
  gun: Gun,
  role: ServerRole,
): Promise<TestKey> {
  const key = await service.key(gun, role)
  const privateKey = signer.keys.get(key.id)
  if (privateKey === undefined) throw new Error('the signer has not the key that the service gave')
  return testKey(privateKey, key)
}

/** Signs a collection and publishes these roles of it; default all but the timestamp. */
export async function send(
  service: NotaryService,
  collection: TestCollection,
  roles?: readonly string[],
): Promise<ReadonlyMap<RoleName, Buffer>> {
  const { files } = await collection.publish()
  const sent = new Map([...files].filter(([role]) => roles?.includes(role) ?? role !== 'timestamp'))
  await service.publish(collection.gun, sent)
  return sent
}

/** What a refused publish says: `CODE ErrName message`, or `CODE message`; undefined when it is not refused. */
export async function refusalOf(publishing: Promise<unknown>): Promise<string | undefined> {
  try {
    await publishing
    return undefined
  } catch (error) {
    if (!(error instanceof PublishError)) throw error
    const { code, detail, message } = error
    const name =
      typeof detail === 'object' && detail !== null && 'Name' in detail && typeof detail['Name'] === 'string'
        ? ` ${detail['Name']}`
        : ''
    return `${code}${name} ${message}`
  }
}
