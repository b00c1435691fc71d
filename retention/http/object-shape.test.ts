import test from 'ava'
import type { JsonValue } from '../../shared/base/json.ts'
import { object, optional } from './object-shape.ts'
import { list, Mismatch, type Shape, text, word } from './shape.ts'

interface Guard {
  readonly kind: 'hold' | 'in-use'
  readonly about: string
}

interface Line {
  readonly name: string
  readonly labels?: { readonly team: string } | undefined
  readonly guards: readonly Guard[]
}

const guard: Shape<Guard> = object<Guard>({ kind: word('hold', 'in-use'), about: text() })
const line: Shape<Line> = object<Line>({
  name: text(),
  labels: optional(object<{ readonly team: string }>({ team: text() })),
  guards: list(guard),
})

const hold = { kind: 'hold', about: 'a' }

test('of an object that another version sent the keys are read that are known', (t) => {
  const known = { name: 'a', guards: [hold] }
  t.deepEqual(line.read(known, ''), { name: 'a', guards: [{ kind: 'hold', about: 'a' }] })
  t.deepEqual(line.read({ ...known, more: 1 }, ''), line.read(known, ''))
  const deep = { ...known, labels: { team: 'x', more: 1 }, guards: [{ ...hold, more: 1 }] }
  t.deepEqual(line.read(deep, ''), { ...known, labels: { team: 'x' }, guards: [{ kind: 'hold', about: 'a' }] })
  const named: JsonValue = JSON.parse('{"name":"a","guards":[],"__proto__":{"labels":1}}')
  t.deepEqual(line.read(named, ''), { name: 'a', guards: [] })
})

test('what is wrong is told with its place, line after line', (t) => {
  const wrong: readonly (readonly [value: JsonValue, path: string, message: string])[] = [
    [{ name: 'a', guards: [hold, { ...hold, kind: 'held' }] }, 'guards[1].kind', 'expected one of hold, in-use'],
    [{ name: 'a', guards: [{ kind: 'hold' }] }, 'guards[0].about', 'is missing'],
    [{ name: 'a', labels: {}, guards: [] }, 'labels.team', 'is missing'],
    [{ guards: [hold], more: 1 }, 'name', 'is missing'],
    [{ name: 'a', guards: [{ kind: 'hold' }] }, 'guards[0].about', 'is missing'],
  ]
  for (const [value, path, message] of wrong) {
    const error = t.throws(() => line.read(value, ''), { instanceOf: Mismatch })
    t.deepEqual([error?.path, error?.message], [path, `${path}: ${message}`])
    t.is(t.throws(() => line.read(value, 'body'), { instanceOf: Mismatch })?.path, `body.${path}`)
  }
})
