import type { ExecutionContext } from 'ava'
import type { Publisher } from '../../../notary/client/publisher.ts'
import { signingKeys } from '../../../notary/client/signing-keys.ts'
import { createMemoryKeyStore } from '../../../notary/keys/memory-key-store.ts'
import type { KeyRing } from '../../../notary/keys/types.ts'
import { PublishError } from '../../../notary/service/publish-error.ts'
import { type ServiceScene, serviceScene } from '../../../notary/service/testing/service-scene.ts'
import type { NotaryService } from '../../../notary/service/types.ts'
import { parseGun } from '../../../notary/tuf/gun.ts'
import type { Gun } from '../../../notary/tuf/types.ts'
import { memoryTrustCache } from '../../../notary/verifier/memory-cache.ts'
import { parseDigest } from '../../../shared/base/digest.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { notarySource } from '../../adapters/notary-source.ts'
import { pinningFor } from '../pinning.ts'
import type { TrustSession } from '../session.ts'
import type { Content } from '../sign.ts'

export const gun: Gun = parseGun('localhost:5000/team/app')

/** A service in memory and people with keys and memories of their own, who publish to it. */
export interface TrustScene extends ServiceScene {
  /** Somebody new; he believes what he sees first. */
  person(options?: PersonOptions): TrustSession
}

export interface PersonOptions {
  /** Comes between whatever he does and the service. */
  readonly publisher?: (publisher: Publisher) => Publisher
  /** Has the keys of somebody else. */
  readonly ring?: KeyRing
  readonly allowsFirstUse?: boolean
}

export function trustScene(t: ExecutionContext): TrustScene {
  const scene = serviceScene(t)
  const { service, clock } = scene
  return {
    ...scene,
    person({ publisher = (same: Publisher) => same, ring = newRing(), allowsFirstUse = true } = {}) {
      const cache = memoryTrustCache()
      return {
        source: notarySource(service),
        publisher: publisher(servicePublisher(service)),
        cache,
        pinning: async (name) => pinningFor(name, { pins: [], allowsFirstUse }, { ring, cache }),
        ring,
        keys: signingKeys(ring),
        now: () => clock.now,
        signal: new AbortController().signal,
      }
    },
  }
}

/** An empty key store, all of whose keys have one passphrase. */
export function newRing(): KeyRing {
  return { store: createMemoryKeyStore(), ask: async () => 'passphrase' }
}

/** The service without HTTP between. */
function servicePublisher(service: NotaryService): Publisher {
  return {
    key: async (name, role) => service.key(name, role),
    rotateKey: async (name, role) => service.rotateKey(name, role),
    async publish(name, files) {
      try {
        await service.publish(name, files)
      } catch (error) {
        if (!(error instanceof PublishError)) throw error
        throw new IbuildError(error.code === 'VERSION' ? 'TRUST_CONFLICT' : 'TRUST_REJECTED', error.message)
      }
    },
    remove: async (name) => service.remove(name),
  }
}

/** Something that was pushed; another digit, another manifest. */
export function content(digit: string): Content {
  return { digest: parseDigest(`sha256:${digit.repeat(64)}`), size: 500 + Number.parseInt(digit, 16) }
}
