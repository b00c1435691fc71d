import { median } from '../measure.ts'
import { type ServerField, type ServerRow, timed } from '../servers/row.ts'
import { requestsPerSecond } from '../servers/wrk.ts'
import { NotaryClient } from './client.ts'
import { type NotaryContender, notaryNames, startNotary } from './contender.ts'
import { beginPublishing } from './publishing.ts'

const gun = 'localhost:5000/bench/app'

const rows: readonly ServerRow<NotaryContender>[] = [
  {
    name: 'T1',
    title: 'GET of timestamp.json, wrk with one thread and 16 connections',
    rounds: 5,
    figures: [
      { title: 'plain HTTP', unit: '1/s', better: 'more', ratio: 1 },
      { title: 'TLS', unit: '1/s', better: 'more', ratio: 1 },
      { title: 'TLS, a connection for each', unit: '1/s', better: 'more', ratio: 0.35 },
    ],
    async prepare({ plain, tls, ca }, size) {
      const path = `/v2/${gun}/_trust/tuf/timestamp.json`
      for (const base of [plain, tls]) {
        const client = new NotaryClient(base, ca)
        await beginPublishing(client, gun)
        client.close()
      }
      const seconds = size === 'full' ? 5 : 1
      return async () => [
        await requestsPerSecond(plain + path, seconds),
        await requestsPerSecond(tls + path, seconds),
        await requestsPerSecond(tls + path, seconds, ['Connection: close']),
      ]
    },
  },
  {
    name: 'T2',
    title: 'publish of a collection with one tag, one after the other, plain HTTP; the reference keeps all in memory',
    rounds: 5,
    figures: [{ title: 'median of 300', unit: 'ms', better: 'less', ratio: 1 }],
    prepare: (server, size) => measurePublish(server, { tags: 1, times: size === 'full' ? 300 : 20 }),
  },
  {
    name: 'T3',
    title: 'publish of a collection with 10 000 tags, plain HTTP; the reference keeps all in memory',
    rounds: 5,
    figures: [{ title: 'median of 9', unit: 'ms', better: 'less', ratio: 0.5 }],
    prepare: (server, size) => measurePublish(server, { tags: size === 'full' ? 10_000 : 100, times: 9 }),
  },
]

async function measurePublish(
  { plain, ca }: NotaryContender,
  { tags, times }: { readonly tags: number; readonly times: number },
): Promise<() => Promise<readonly number[]>> {
  const publishing = await beginPublishing(new NotaryClient(plain, ca), gun)
  return async () => {
    const took: number[] = []
    for (let i = 0; i < times; i++) took.push(await timed(await publishing.prepare(tags)))
    return [median(took)]
  }
}

/** Signing services, and what is measured of them. */
export const notaryField: ServerField<NotaryContender> = {
  rows,
  names: notaryNames,
  reference: 'notary-server',
  start: startNotary,
}
