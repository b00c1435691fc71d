import { mediaTypes } from '../../shared/oci/media-types.ts'
import { requestsPerSecond } from '../servers/wrk.ts'
import { makeBlob, RegistryClient } from './client.ts'
import type { RegistryRow } from './row.ts'

const accept = [`Accept: ${mediaTypes.ociManifest}`]

/** Many small requests: wrk, one thread, 16 connections. */
export const requestRows: readonly RegistryRow[] = [
  {
    name: 'R1',
    title: 'manifest GET by tag, wrk with one thread and 16 connections',
    rounds: 5,
    figures: [{ title: 'requests', unit: '1/s', better: 'more', ratio: 2.2 }],
    async prepare({ host }, size) {
      const client = new RegistryClient(host, 1)
      await client.pushImage('bench/small', 'latest', makeBlob(1000))
      client.close()
      const url = `http://${host}/v2/bench/small/manifests/latest`
      return async () => [await requestsPerSecond(url, size === 'full' ? 5 : 1, accept)]
    },
  },
  {
    name: 'R2',
    title: 'GET of a small blob, wrk with one thread and 16 connections',
    rounds: 5,
    figures: [{ title: 'requests', unit: '1/s', better: 'more', ratio: 8 }],
    async prepare({ host }, size) {
      const client = new RegistryClient(host, 1)
      const blob = makeBlob(1500)
      await client.pushBlob('bench/small', blob)
      client.close()
      const url = `http://${host}/v2/bench/small/blobs/${blob.digest}`
      return async () => [await requestsPerSecond(url, size === 'full' ? 5 : 1)]
    },
  },
]
