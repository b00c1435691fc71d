import { testPeer } from './conformance/peer-tests.ts'

testPeer('distribution')
