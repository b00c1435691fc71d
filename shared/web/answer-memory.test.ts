import test from 'ava'
import { AnswerMemory } from './answer-memory.ts'

const kibibyte = 1024

test('what is held by all together stays within the budget, but for small answers', (t) => {
  const memory = new AnswerMemory(100 * kibibyte)
  const end = memory.hold({}, 60 * kibibyte)
  t.true(memory.hasRoomFor(40 * kibibyte))
  t.false(memory.hasRoomFor(41 * kibibyte))
  memory.hold({}, 50 * kibibyte)
  t.true(memory.hasRoomFor(16 * kibibyte))
  t.false(memory.hasRoomFor(17 * kibibyte))
  end()
  t.true(memory.hasRoomFor(50 * kibibyte))
})

test('bytes that many hold count once, until the last of them ends', (t) => {
  const memory = new AnswerMemory(100)
  const bytes = new Uint8Array(60)
  const [first, second] = [memory.hold(bytes, 60), memory.hold(bytes, 60)]
  t.is(memory.heldBytes, 60)
  first()
  t.is(memory.heldBytes, 60)
  second()
  t.is(memory.heldBytes, 0)
})
