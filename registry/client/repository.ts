import { isDigest } from '../../shared/base/digest.ts'
import type { Pace } from '../../shared/net/http/pace.ts'
import type { RetryRules } from '../../shared/net/retry.ts'
import { download } from './download.ts'
import type { Endpoint } from './endpoint.ts'
import { namesIn } from './listing.ts'
import { fetchManifest, resolveManifest } from './manifest.ts'
import { hasBlob, pushBlob } from './push-blob.ts'
import { pushStream } from './push-stream.ts'
import { putManifest } from './put-manifest.ts'
import { referrersOf } from './referrers.ts'
import { listReferrer, referrerOf, unlistReferrer } from './referrers-tag.ts'
import { removeBlob, removeManifest } from './remove.ts'
import { nameOf, purposeOf, type RepositoryCalls } from './repository-calls.ts'
import { Sources } from './sources.ts'
import type { Turns } from './turns.ts'
import type { RemoteName, RemoteRepository } from './types.ts'
import { cancelUpload, startUpload, tryMount } from './upload-session.ts'

export interface RepositoryOptions {
  readonly endpoint: Endpoint
  /** Asked for manifests and blobs before the endpoint. */
  readonly mirrors: readonly Endpoint[]
  /** See {@link Sources}. */
  readonly failed: Set<string>
  readonly retries: RetryRules
  readonly slowest: Pace
  readonly turns: Turns
  readonly onNotice: (text: string) => void
}

/** The calls on one repository of an endpoint. */
export function remoteRepository(name: RemoteName, options: RepositoryOptions): RemoteRepository {
  const { endpoint, retries, slowest, turns } = options
  const calls: RepositoryCalls = { name, endpoint }
  const sources = new Sources(calls, options)
  return {
    name,
    manifest: (ref, call = {}) => sources.ask((each) => fetchManifest(each, ref, call), call),
    resolve: (ref, call = {}) => sources.ask((each) => resolveManifest(each, ref, call), call),
    blob: (descriptor, options = {}) => download(sources, descriptor, { ...options, retries, slowest }),
    hasBlob: (digest, options = {}) => hasBlob(calls, digest, options),
    checkPush: async (options = {}) =>
      cancelUpload(calls, await startUpload(calls, { ...options, what: `cannot push to ${nameOf(name)}` })),
    pushBlob: (descriptor, open, options = {}) => pushBlob(calls, descriptor, { ...options, open, retries }),
    pushStream: (content, options = {}) => pushStream(calls, content, { ...options, retries }),
    mount: async (digest, from, options = {}) => {
      const result = await tryMount(calls, { digest, from }, options)
      if (typeof result === 'object') await cancelUpload(calls, result)
      return result === 'mounted'
    },
    putManifest: async (ref, manifest, options = {}) => {
      const { signal } = options
      const isNoted = await putManifest(calls, ref, { ...options, manifest })
      const referrer = isNoted ? undefined : referrerOf(manifest)
      if (referrer !== undefined) await listReferrer(calls, referrer, { turns, signal })
    },
    tags: ({ signal } = {}) =>
      namesIn(
        {
          endpoint,
          first: `/v2/${name.path}/tags/list?n=1000`,
          what: `cannot list the tags of ${nameOf(name)}`,
          ...purposeOf(name, 'pull'),
          signal,
        },
        'tags',
      ),
    referrers: (subject, options = {}) => referrersOf(calls, subject, options),
    removeManifest: async (ref, { signal } = {}) => {
      // A tag leaves its manifest; with a digest it goes, and may be on a list.
      const manifest = isDigest(ref) ? await fetchManifest(calls, ref, { signal }) : undefined
      const isRemoved = await removeManifest(calls, ref, { signal })
      const referrer = manifest && isRemoved ? referrerOf(manifest) : undefined
      if (referrer !== undefined) await unlistReferrer(calls, referrer, { turns, signal })
      return isRemoved
    },
    removeBlob: (digest, options = {}) => removeBlob(calls, digest, options),
  }
}
