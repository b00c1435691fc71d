import test from 'ava'
import { createMemoryTrustStore } from './open-trust-store.ts'
import { trustStoreSuite } from './testing/trust-store-contract.ts'

trustStoreSuite(test, { name: 'memory', open: (_t, options) => Promise.resolve(createMemoryTrustStore(options)) })
