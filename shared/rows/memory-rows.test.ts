import test from 'ava'
import { createMemoryRows } from './memory-rows.ts'
import { rowStoreSuite } from './testing/row-store-contract.ts'

rowStoreSuite(test, { name: 'memory', open: () => Promise.resolve(createMemoryRows()) })
