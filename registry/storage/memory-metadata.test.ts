import test from 'ava'
import { createMemoryMetadata } from './memory-metadata.ts'
import { metadataStoreSuite } from './testing/metadata-contract.ts'

metadataStoreSuite(test, { name: 'memory', open: () => Promise.resolve(createMemoryMetadata()) })
