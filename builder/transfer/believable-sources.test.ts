import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import type { LayerSource } from '../store/remote-types.ts'
import { believableSources } from './believable-sources.ts'

const place = { mediaType: mediaTypes.ociLayerGzip, size: 1, domain: 'reg:5000' }
const told = (text: string, path = 'app'): LayerSource => ({ ...place, digest: digestOf(text), path })
const checked = (text: string): LayerSource => ({ ...told(text), checked: true })

const rows: [title: string, sources: LayerSource[], here: LayerSource[], elsewhere: LayerSource[]][] = [
  ['none', [], [], []],
  ['one that was told', [told('a')], [], [told('a')]],
  ['one told of two repositories', [told('a'), told('a', 'b')], [], [told('a'), told('a', 'b')]],
  ['two that contradict each other', [told('a'), told('b')], [], []],
  ['one that was checked, whatever else is told', [told('a'), checked('b')], [checked('b')], [checked('b')]],
]
for (const [title, sources, here, elsewhere] of rows)
  test(title, (t) => {
    t.deepEqual(believableSources(sources, true), here)
    t.deepEqual(believableSources(sources, false), elsewhere)
  })
