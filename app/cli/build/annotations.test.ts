import test from 'ava'
import { isIbuildError } from '../../../shared/base/errors.ts'
import { type Annotation, collectAnnotations, parseAnnotation } from './annotations.ts'

const inManifest = (key: string, value: string): Annotation => ({ place: 'manifest', key, value })

const good: [text: string, annotations: Annotation[]][] = [
  ['a=b', [inManifest('a', 'b')]],
  ['a=', [inManifest('a', '')]],
  ['a=b=c:d', [inManifest('a', 'b=c:d')]],
  ['manifest:org.opencontainers.image.title=x', [inManifest('org.opencontainers.image.title', 'x')]],
  ['manifest-descriptor:a=b', [{ place: 'descriptor', key: 'a', value: 'b' }]],
  ['manifest,manifest-descriptor:a=b', [inManifest('a', 'b'), { place: 'descriptor', key: 'a', value: 'b' }]],
  [`manifest[linux/${process.arch}]:a=b`, [inManifest('a', 'b')]],
]
for (const [text, annotations] of good) test(text, (t) => t.deepEqual(parseAnnotation(text), annotations))

const bad: [text: string, says: RegExp][] = [
  ['a', /no =/],
  ['=b', /no key/],
  ['manifest:=b', /no key/],
  ['index:a=b', /no index/],
  ['index-descriptor:a=b', /no index/],
  ['manifest,index:a=b', /no index/],
  ['manfest:a=b', /unknown type "manfest"/],
  [':a=b', /unknown type ""/],
  ['manifest[]:a=b', /not a platform/],
  ['manifest[plan9/mips]:a=b', /not for plan9\/mips/],
]
for (const [text, says] of bad) {
  test(`${text} is refused`, (t) => {
    const error = t.throws(() => parseAnnotation(text))
    t.true(isIbuildError(error, 'USAGE'))
    t.regex(error?.message ?? '', says)
  })
}

test('of two annotations with one key the later wins', (t) => {
  const { manifest, descriptor } = collectAnnotations(
    ['a=1', 'b=2', 'a=3', 'manifest-descriptor:a=4'].flatMap(parseAnnotation),
  )
  t.deepEqual(
    [...manifest],
    [
      ['a', '3'],
      ['b', '2'],
    ],
  )
  t.deepEqual([...descriptor], [['a', '4']])
})
