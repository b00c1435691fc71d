import { mediaTypes } from '../../shared/oci/media-types.ts'
import { median } from '../measure.ts'
import { timed } from '../servers/row.ts'
import { RegistryClient } from './client.ts'
import type { RegistryContender } from './contender.ts'
import { fill } from './fill.ts'
import type { RegistryRow } from './row.ts'

/** An index of nothing: the smallest that a repository can have, and no blobs with it. */
const nothing = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] }))
const digits = 6
const page = 100
const catalog = '/v2/_catalog'

const nameOf = (i: number): string => `n${String(i).padStart(digits, '0')}`
const tagsOf = (repository: string): string => `/v2/${repository}/tags/list`
const namesIn = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => nameOf(from + i))

/** Milliseconds of a page in the middle, the median of several. */
async function pageTime(client: RegistryClient, path: string, total: number): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < 9; i++) {
    const last = nameOf(Math.floor((total * (i + 1)) / 11))
    times.push(
      await timed(async () =>
        expectPage(await client.get(`${path}?n=${page}&last=${path === catalog ? `many/${last}` : last}`)),
      ),
    )
  }
  return median(times)
}

function expectPage(body: Buffer): void {
  const { tags, repositories } = JSON.parse(body.toString()) as { tags?: string[]; repositories?: string[] }
  const found = (tags ?? repositories ?? []).length
  if (found !== page) throw new Error(`a page of ${found}, not ${page}`)
}

/** Milliseconds for which a registry answers before it is measured, for it may have been started just now, and then again. */
const turn = 1000

/** As {@link pageTime}, of a registry that has answered the same for a while; the median of another while. */
async function steadyPageTime(client: RegistryClient, path: string, total: number): Promise<number> {
  await pageTimes(client, path, total)
  return median(await pageTimes(client, path, total))
}

/** At least one. */
async function pageTimes(client: RegistryClient, path: string, total: number): Promise<number[]> {
  const times: number[] = []
  const end = performance.now() + turn
  do times.push(await pageTime(client, path, total))
  while (performance.now() < end)
  return times
}

interface Filling {
  /** Has so many tags afterwards. */
  readonly repository: string
  readonly total: number
  /** Repositories that are there already. */
  readonly from: number
}

/** Fills up to so many tags and repositories, and sees that a tag leads to the manifest then. */
async function fillUp(registry: RegistryContender, { repository, total, from }: Filling): Promise<RegistryClient> {
  const before = new RegistryClient(registry.host, 1)
  await before.putManifest(repository, nameOf(0), nothing, mediaTypes.ociIndex)
  before.close()
  const repositories = namesIn(from, total).map((name) => `many/${name}`)
  const tags = { repository, names: namesIn(1, total) }
  await registry.restart(() => fill(registry.name, registry.root, { manifest: nothing, repositories, tags }))
  const client = new RegistryClient(registry.host, 1)
  const found = await client.get(`/v2/${repository}/manifests/${nameOf(total >> 1)}`)
  if (!found.equals(nothing)) throw new Error(`${registry.name} has another manifest: ${found.toString()}`)
  return client
}

/** Lists whose pages must not grow with what is listed. docker-registry has no pages of tags. */
export const listingRows: readonly RegistryRow[] = [
  {
    name: 'R7',
    title: `pages of ${page} out of 100 000 tags of a repository, and of 100 000 repositories`,
    rounds: 3,
    contenders: ['ibuild', 'distribution'],
    figures: [
      { title: 'page of tags', unit: 'ms', better: 'less' },
      { title: 'page of tags to one out of 1 000', unit: 'x', better: 'less', value: 2 },
      { title: 'page of the catalog', unit: 'ms', better: 'less' },
      { title: 'page of the catalog to one out of 1 000', unit: 'x', better: 'less', value: 2 },
    ],
    async prepare(registry, size) {
      const [few, many] = size === 'full' ? [1000, 100_000] : [600, 1200]
      const small = await fillUp(registry, { repository: 'few', total: few, from: 0 })
      const fewRepositories = await steadyPageTime(small, catalog, few)
      small.close()
      const client = await fillUp(registry, { repository: 'lots', total: many, from: few })
      return async () => {
        const fewTags = await steadyPageTime(client, tagsOf('few'), few)
        const tags = await steadyPageTime(client, tagsOf('lots'), many)
        const repositories = await steadyPageTime(client, catalog, many)
        return [tags, tags / fewTags, repositories, repositories / fewRepositories]
      }
    },
  },
]
