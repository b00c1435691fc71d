import { digestOf } from '../../shared/base/digest.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import { median } from '../measure.ts'
import { RegistryClient } from './client.ts'
import { type RegistryRow, timed } from './row.ts'

/** An index of nothing: the smallest that a repository can have, and no blobs with it. */
const nothing = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] }))
const digits = 6
const page = 100

const nameOf = (i: number): string => `n${String(i).padStart(digits, '0')}`

/** Milliseconds of a page in the middle, the median of several. */
async function pageTime(client: RegistryClient, path: string, total: number): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < 9; i++) {
    const last = nameOf(Math.floor((total * (i + 1)) / 11))
    times.push(
      await timed(async () =>
        expectPage(await client.get(`${path}?n=${page}&last=${path.endsWith('_catalog') ? `many/${last}` : last}`)),
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

async function fill(count: number, put: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const one = async (): Promise<void> => {
    for (let i = next++; i < count; i = next++) await put(i)
  }
  await Promise.all(Array.from({ length: 32 }, one))
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
    async prepare({ host }, size) {
      const client = new RegistryClient(host, 32)
      const [few, many] = size === 'full' ? [1000, 100_000] : [600, 1200]
      const putTags = (repository: string, count: number): Promise<void> =>
        fill(count, (i) => client.putManifest(repository, nameOf(i), nothing, mediaTypes.ociIndex))
      const putRepositories = (from: number, to: number): Promise<void> =>
        fill(to - from, (i) =>
          client.putManifest(`many/${nameOf(from + i)}`, digestOf(nothing), nothing, mediaTypes.ociIndex),
        )
      await putTags('few', few)
      await putRepositories(0, few)
      const fewTags = await pageTime(client, '/v2/few/tags/list', few)
      const fewRepositories = await pageTime(client, '/v2/_catalog', few)
      await putTags('lots', many)
      await putRepositories(few, many)
      return async () => {
        const tags = await pageTime(client, '/v2/lots/tags/list', many)
        const repositories = await pageTime(client, '/v2/_catalog', many)
        return [tags, tags / fewTags, repositories, repositories / fewRepositories]
      }
    },
  },
]
