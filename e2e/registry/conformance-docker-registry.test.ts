import { testPeer } from './conformance/peer-tests.ts'

testPeer('docker-registry')
