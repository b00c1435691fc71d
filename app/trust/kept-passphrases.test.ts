import test from 'ava'
import type { PassphraseAsk } from '../../notary/keys/types.ts'
import { parseKeyID } from '../../notary/tuf/key.ts'
import { keptPassphrases } from './kept-passphrases.ts'

function asked(...answers: readonly (string | undefined)[]): {
  readonly ask: ReturnType<typeof keptPassphrases>
  readonly count: () => number
} {
  let count = 0
  return { ask: keptPassphrases(async () => answers[count++]), count: () => count }
}

const ids = { a: 'aa'.repeat(32), b: 'bb'.repeat(32) }
const of = (key: keyof typeof ids | undefined, attempt = 1, isNew = false): PassphraseAsk => ({
  keyID: key === undefined ? undefined : parseKeyID(ids[key]),
  role: 'targets',
  gun: undefined,
  attempt,
  isNew,
})

test('a passphrase is asked for once for each key', async (t) => {
  const { ask, count } = asked('first', 'second', 'third')
  t.deepEqual([await ask(of('a')), await ask(of('a')), await ask(of('b'))], ['first', 'first', 'second'])
  t.is(count(), 2)
})

test('what was wrong is asked for again, and the right one is kept; so is that of a new key', async (t) => {
  const { ask } = asked('wrong', 'right', 'new')
  t.deepEqual([await ask(of('a')), await ask(of('a', 2)), await ask(of('a'))], ['wrong', 'right', 'right'])
  t.deepEqual([await ask(of('a', 1, true)), await ask(of('a'))], ['new', 'new'])
})

test('nothing is kept of a key without an ID, nor where there is no passphrase', async (t) => {
  const { ask, count } = asked('one', 'two', undefined, 'three')
  t.deepEqual([await ask(of(undefined)), await ask(of(undefined))], ['one', 'two'])
  t.deepEqual([await ask(of('a')), await ask(of('a'))], [undefined, 'three'])
  t.is(count(), 4)
})
