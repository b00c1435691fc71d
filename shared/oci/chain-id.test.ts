import test from 'ava'
import { digestOf, parseDigest } from '../base/digest.ts'
import { chainIDs, nextChainID } from './chain-id.ts'

const [a, b, c] = ['a', 'b', 'c'].map((text) => digestOf(text)) as [never, never, never]

test('the first chainID is the diffID, each next hashes the one before and the diffID', (t) => {
  const ab = digestOf(`${String(a)} ${String(b)}`)
  t.deepEqual(chainIDs([a, b, c]), [a, ab, digestOf(`${ab} ${String(c)}`)])
  t.deepEqual(chainIDs([]), [])
  t.is(nextChainID(undefined, a), a)
})

test('a known chain', (t) => {
  const layers = ['1', '2'].map((digit) => parseDigest(`sha256:${digit.repeat(64)}`))
  const text = `sha256:${'1'.repeat(64)} sha256:${'2'.repeat(64)}`
  t.is(chainIDs(layers)[1], digestOf(text))
})
