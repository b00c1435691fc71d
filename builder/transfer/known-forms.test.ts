import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import type { LayerSource } from '../store/remote-types.ts'
import { knownForms } from './known-forms.ts'

const target = { domain: 'a:5000', path: 'team/app' }
const source = (text: string, place = 'a:5000/team/app', more: Partial<LayerSource> = {}): LayerSource => {
  const slash = place.indexOf('/')
  return {
    mediaType: mediaTypes.ociLayerGzip,
    digest: digestOf(text),
    size: 1,
    domain: place.slice(0, slash),
    path: place.slice(slash + 1),
    ...more,
  }
}
const digests = (sources: readonly LayerSource[], wanted: Parameters<typeof knownForms>[2]) =>
  knownForms(sources, target, wanted).map(({ descriptor }) => descriptor.digest)
const any = { compression: 'any' } as const

test('the repository itself goes before its host, and that before others', (t) => {
  const sources = [source('far', 'b/x'), source('near', 'a:5000/base'), source('here')]
  t.deepEqual(
    digests(sources, any),
    ['here', 'near', 'far'].map((text) => digestOf(text)),
  )
})

test('one form in several places is one form, mounted from those of the host', (t) => {
  const sources = [source('x', 'b/x'), source('x', 'a:5000/one'), source('x', 'a:5000/two'), source('x')]
  const [form, ...others] = knownForms(sources, target, any)
  t.deepEqual(others, [])
  t.deepEqual(form?.mountFrom, ['one', 'two'])
  t.like(form, { isKnown: true, source: { path: 'team/app' } })
  t.false(knownForms(sources.slice(0, 3), target, any)[0]?.isKnown)
})

test('a registry is asked for few forms, and for few mounts', (t) => {
  const sources = Array.from({ length: 9 }, (_, i) => source(`${i}`, `a:5000/r${i}`))
  t.is(knownForms(sources, target, any).length, 3)
  t.is(
    knownForms(
      sources.map((each) => ({ ...each, digest: digestOf('') })),
      target,
      any,
    )[0]?.mountFrom.length,
    3,
  )
})

const gzip6 = source('gzip6', undefined, { made: { format: 'gzip', level: 6 } })
const zstd3 = source('zstd3', undefined, { made: { format: 'zstd', level: 3 }, mediaType: mediaTypes.ociLayerZstd })
const theirs = source('theirs', undefined, { mediaType: mediaTypes.dockerLayerGzip })
const theirZstd = source('their zstd', undefined, { mediaType: mediaTypes.ociLayerZstd })
const plain = source('plain', undefined, { mediaType: mediaTypes.ociLayer })
const all = [gzip6, zstd3, theirs, theirZstd, plain]

const rows: [title: string, wanted: Parameters<typeof knownForms>[2], found: LayerSource[]][] = [
  ['whatever there is', any, [gzip6, theirs, theirZstd]],
  ['gzip of whoever', { compression: 'gzip' }, [gzip6, theirs]],
  ['zstd of whoever', { compression: 'zstd' }, [zstd3, theirZstd]],
  ['plain tars', { compression: 'none' }, [plain]],
  ['a level is only known of what was made here', { compression: 'gzip', level: 6 }, [gzip6]],
  ['another level is not there', { compression: 'gzip', level: 9 }, []],
]
for (const [title, wanted, found] of rows)
  test(title, (t) =>
    t.deepEqual(
      digests(all, wanted),
      found.map(({ digest }) => digest),
    ),
  )
