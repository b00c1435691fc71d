import test from 'ava'
import type { StoredImage } from '../../builder/store/types.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { fullName } from '../../shared/base/reference.ts'
import type { ImageConfig } from '../../shared/oci/config.ts'
import { parseFilters } from './filters.ts'
import { imageFilter, imageFilterKeys } from './image-filter.ts'
import { byAge, listImage, rowsOf } from './listed-image.ts'

interface Sketch {
  readonly created?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly damaged?: boolean
}

function image(names: readonly string[], { created, labels, damaged }: Sketch = {}): StoredImage {
  const id = digestOf(JSON.stringify([names, created, labels]))
  const config: ImageConfig = {
    ...(created !== undefined && { created }),
    architecture: 'amd64',
    os: 'linux',
    ...(labels !== undefined && { config: { Labels: { ...labels } } }),
    rootfs: { type: 'layers', diff_ids: [] },
  }
  const descriptor = { mediaType: 'application/json', digest: id, size: 1 }
  const empty = Buffer.alloc(0)
  return {
    manifestDigest: id,
    imageID: id,
    storedAt: 0,
    manifest: { schemaVersion: 2, mediaType: 'application/json', config: descriptor, layers: [] } as never,
    manifestBytes: empty,
    get config() {
      if (damaged === true) throw new IbuildError('STORE_INVALID', 'blob is damaged')
      return config
    },
    configBytes: empty,
    names: names.map(fullName).sort(),
  }
}

const old = image(['old:1'], { created: '2020-01-01T00:00:00Z', labels: { team: 'a', 'x.y': '' } })
const middle = image(['team/app:1.2', 'host:5000/team/app:1.2', 'team/app:2'], {
  created: '2026-02-28T12:00:00Z',
  labels: { team: 'b', eq: 'a=b' },
})
const unnamed = image([], { created: '2026-03-01T11:00:00Z', labels: { team: 'b' } })
const timeless = image(['timeless'])
const bad = image(['bad'], { damaged: true })
const images = [old, middle, unnamed, timeless, bad]
const now = Date.parse('2026-03-01T12:00:00Z')

function find(text: string): StoredImage {
  const found = images.find(({ names }) => names.includes(fullName(text)))
  if (found === undefined) throw new IbuildError('IMAGE_NOT_FOUND', `no image ${text}`)
  return found
}

function listed(...words: readonly string[]): string[] {
  const passes = imageFilter(parseFilters(words, imageFilterKeys), { find, now })
  const rows = images.map(listImage).flatMap(rowsOf).filter(passes).sort(byAge)
  return rows.map(({ repository, tag }) => (repository === undefined ? '<none>' : `${repository}:${tag}`))
}

const apps = ['host:5000/team/app:1.2', 'team/app:1.2', 'team/app:2']
const all = ['<none>', ...apps, 'old:1', 'bad:latest', 'timeless:latest']

const rows: [words: string[], expected: string[]][] = [
  [[], all],
  [['dangling=true'], ['<none>']],
  [['dangling=1'], ['<none>']],
  [['dangling=false'], all.filter((name) => name !== '<none>')],
  [['label=team'], ['<none>', ...apps, 'old:1']],
  [['label=team=b'], ['<none>', ...apps]],
  [['label=team=b', 'label=eq'], apps],
  [['label=eq=a=b'], apps],
  [['label=x.y='], ['old:1']],
  [['label=toString'], []],
  [['label=team=b', 'dangling=true'], ['<none>']],
  [['reference=old'], ['old:1']],
  [['reference=old:1'], ['old:1']],
  [['reference=old:2'], []],
  [['reference=*'], ['old:1', 'bad:latest', 'timeless:latest']],
  [['reference=team/*'], apps.slice(1)],
  [['reference=*/*:2'], ['team/app:2']],
  [
    ['reference=*/*/*'],
    ['host:5000/team/app:1.2', 'team/app:1.2', 'team/app:2', 'old:1', 'bad:latest', 'timeless:latest'],
  ],
  [['reference=docker.io/library/old'], ['old:1']],
  [
    ['reference=old', 'reference=timeless:l*'],
    ['old:1', 'timeless:latest'],
  ],
  [['reference=[n-p]ld'], ['old:1']],
  [['before=team/app:2'], ['old:1']],
  [['since=old:1'], ['<none>', ...apps]],
  [['since=team/app:2'], ['<none>']],
  [['since=old:1', 'before=team/app:2'], []],
  [['before=timeless'], []],
  [['since=bad'], []],
  [['until=2h'], [...apps, 'old:1']],
  [['until=2d'], ['old:1']],
  [['until=2026-03-01T11:00:00Z'], [...apps, 'old:1']],
]
for (const [words, expected] of rows) {
  test(`images that pass ${words.join(' ') || 'no filter'}`, (t) => t.deepEqual(listed(...words), expected))
}

const wrong: [words: string[], code: string, message: RegExp][] = [
  [['dangling=maybe'], 'USAGE', /dangling is true or false, not "maybe"/],
  [['dangling=true', 'dangling=false'], 'USAGE', /dangling can be given once/],
  [['reference=[a'], 'USAGE', /"\[a" is not a pattern/],
  [['reference=a\\'], 'USAGE', /is not a pattern/],
  [['before=nothing'], 'IMAGE_NOT_FOUND', /no image nothing/],
  [['until=soon'], 'USAGE', /neither a time/],
]
for (const [words, code, message] of wrong) {
  test(`refused: ${words.join(' ')}`, (t) => {
    t.throws(() => listed(...words), { code, message })
  })
}

test('of a damaged image the error says how it is called and what can be done', (t) => {
  const { known } = listImage(bad)
  t.true(known instanceof IbuildError)
  t.regex(String(known instanceof IbuildError && known.message), /docker\.io\/library\/bad:latest.* is damaged/)
  t.regex(String(known instanceof IbuildError && known.hint), /ibuild rmi docker\.io\/library\/bad:latest/)
})
