import test, { type ExecutionContext } from 'ava'
import { parseTargetsRole } from '../../tuf/role.ts'
import { type Published, TestCollection } from '../../tuf/testing/collection.ts'
import { newKey, type TestKey } from '../../tuf/testing/keys.ts'
import type { RoleName } from '../../tuf/types.ts'
import type { RefreshOptions } from '../refresh.ts'
import { type TrustCode, TrustRefusal } from '../refusal.ts'
import { resolveTarget } from '../resolve.ts'
import type { StepName } from '../types.ts'
import { newScene, type Scene } from './scene.ts'

export const releases = parseTargetsRole('targets/releases')
/** In the order in which they are verified. */
export const allRoles: readonly RoleName[] = ['root', 'timestamp', 'snapshot', 'targets', releases]

/** A client that saw nothing, or one that saw the third publish. */
export type ClientKind = 'fresh' | 'cached'

/** A collection with a delegation of which three publishes were made, and a client of it. */
export interface Stage extends Scene {
  readonly collection: TestCollection
  readonly releaseKey: TestKey
  /** The first, second and third. */
  readonly history: readonly [Published, Published, Published]
  /** Publishes once more, with a new version of all roles but the root, and serves that. */
  readonly publishNext: (options?: Parameters<TestCollection['publish']>[0]) => Promise<Published>
}

export interface Attack {
  readonly name: string
  /** Both unless told. */
  readonly clients?: readonly ClientKind[]
  readonly serve: (stage: Stage) => Promise<unknown>
  readonly expect: Expected | ((client: ClientKind) => Expected)
  readonly options?: Partial<RefreshOptions>
}

export interface Expected {
  /** Undefined: nothing is wrong. */
  readonly code: TrustCode | undefined
  readonly role?: RoleName
  readonly step?: StepName
  /** Versions that a cached client trusts afterwards, as far as they are others than before; a fresh one trusts nothing. */
  readonly trustedAfter?: Readonly<Record<string, number>>
}

/** Versions that the cached client has seen. */
export const before = { root: 1, timestamp: 3, snapshot: 3, targets: 3, [releases]: 3 }

export async function newStage(client: ClientKind): Promise<Stage> {
  const releaseKey = newKey('ecdsa')
  const collection = new TestCollection().addTarget('v1', 'one').delegate(releases, [releaseKey])
  collection.addTarget('r1', 'release one', releases)
  const history: [Published, Published, Published] = [
    await collection.publish(),
    await changed(collection).publish(),
    await changed(collection).publish(),
  ]
  const scene = newScene(collection, history[2])
  if (client === 'cached') await scene.refresh()
  scene.source.asked.length = 0
  return Object.assign(scene, {
    collection,
    releaseKey,
    history,
    publishNext: async (options = {}) => {
      const published = await changed(collection).publish(options)
      scene.source.serve(published)
      return published
    },
  })
}

/** Codes of what is wrong with a delegation and with nothing else. */
const isOnlyUnusable: ReadonlySet<TrustCode> = new Set<TrustCode>([
  'TRUST_EXPIRED',
  'TRUST_SIGNATURES',
  'TRUST_METADATA_INVALID',
  'TRUST_TOO_LARGE',
])

let changes = 0

function changed(collection: TestCollection): TestCollection {
  changes += 1
  const content = String(changes).padStart(8)
  return collection.addTarget('latest', content).addTarget('r-latest', content, releases)
}

/** One test for each client: what is served is refused in just this place, and what is trusted afterwards is just that. */
export function testAttack({ name, clients = ['fresh', 'cached'], serve, expect, options }: Attack): void {
  for (const client of clients) {
    test(`${name}: ${client} client`, async (t) => {
      const stage = await newStage(client)
      await serve(stage)
      const expected = typeof expect === 'function' ? expect(client) : expect
      await checkOutcome(t, stage, expected, options)
      const isKnown = expected.code === undefined || (expected.role === releases && isOnlyUnusable.has(expected.code))
      const after = { ...(client === 'cached' ? before : {}), ...expected.trustedAfter }
      if (client === 'cached') t.deepEqual(await stage.trusted(), after)
      else t.is(Object.keys(await stage.trusted()).length > 0, isKnown)
    })
  }
}

/** A refusal of a delegation is one for whoever asks what it signs; of other roles one of the whole collection. */
async function checkOutcome(
  t: ExecutionContext,
  stage: Stage,
  { code, role, step }: Expected,
  options: Partial<RefreshOptions> | undefined,
): Promise<void> {
  const work = async (): Promise<unknown> => resolveTarget(await stage.refresh(options), 'r1')
  if (code === undefined) return void (await t.notThrowsAsync(work))
  const error = await t.throwsAsync(work, { instanceOf: TrustRefusal })
  t.deepEqual({ code: error.code, role: error.role, step: error.step }, { code, role, step }, error.message)
  t.true(error.message.startsWith(`${stage.gun}: `) && (error.hint ?? '') !== '', error.message)
}
