import test from 'ava'
import { createMemoryKeyStore } from './memory-key-store.ts'
import { keyStoreSuite } from './testing/key-store-contract.ts'

keyStoreSuite(test, {
  name: 'memory',
  make: () => {
    const store = createMemoryKeyStore()
    return { store, again: () => store }
  },
})
