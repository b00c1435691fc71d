import type { DigestAlgorithm } from '../../../shared/base/digest.ts'
import type { RegistryProgram } from '../../testing/registry.ts'

/** What a registry of others makes of the checks. */
interface PeerRecord {
  /** Ids of checks that it does not pass, by what it lacks; `ID/*` stands for both algorithms. */
  readonly fails: Readonly<Record<string, readonly string[]>>
  /** Ids of checks whose result depends on the order of a folder, on neighbours in the store or on time: not run. */
  readonly byChance: readonly string[]
}

const algorithms: readonly DigestAlgorithm[] = ['sha256', 'sha512']

const records: Readonly<Record<RegistryProgram, PeerRecord>> = {
  distribution: {
    fails: {
      'no manifests by sha512': [
        'manifest-get-digest/sha512',
        'manifest-get-digest-header/sha512',
        'manifest-get-type/sha512',
        'manifest-head/sha512',
        'manifest-digest-unknown/sha512',
        'manifest-of-blob/sha512',
        'manifest-other-repository/sha512',
        'manifest-put/sha512',
        'manifest-put-bytes/sha512',
        'manifest-put-chunked/sha512',
        'manifest-put-again/sha512',
        'shape-image/sha512',
        'shape-index/sha512',
        'shape-nested/sha512',
        'shape-empty-index/sha512',
        'shape-no-layers/sha512',
        'shape-same-layer/sha512',
        'shape-artifact/sha512',
        'shape-artifact-index/sha512',
        'shape-data/sha512',
        'shape-unknown-types/sha512',
        'shape-unknown-fields/sha512',
        'shape-docker/sha512',
        'shape-docker-list/sha512',
        'delete-manifest/sha512',
        'delete-manifest-tags/sha512',
        'delete-manifest-unknown/sha512',
        'delete-manifest-elsewhere/sha512',
        'delete-manifest-again/sha512',
      ],
      'manifests: refused with 500, 400 for 413, rewritten for Accept, taken where a field is there twice': [
        'manifest-bad-reference',
        'manifest-bad-digest',
        'manifest-no-json',
        'manifest-type-missing',
        'manifest-too-large',
        'shape-nondistributable/*',
        'shape-future',
        'shape-twice',
        'accept-never-rewrites',
        'accept-vary',
      ],
      'blobs by sha512 are given back, and mounted, as sha256': [
        'blob-digest-header/sha512',
        'upload-put-header/sha512',
        'mount/sha512',
        'mount-then-delete/sha512',
      ],
      others: [
        'etag-manifest',
        'upload-location-plain',
        'upload-name-bad',
        'upload-session-unknown',
        'location-of-before',
        'delete-all',
        'nosniff',
        'names-bad',
        'error-unknown-path',
        'error-method',
        'length-and-chunked',
      ],
      'ranges: backwards, other units, without Content-Range': ['range-backwards/*', 'range-unit', 'range-empty-blob'],
      'no upload in a single POST': [
        'single-post/*',
        'single-post-empty/*',
        'single-post-chunked/*',
        'single-post-wrong/*',
        'single-post-bad-digest',
      ],
      'chunks out of order are taken, or not refused with 416 that tells where to go on': [
        'chunk-put-out-of-order/*',
        'chunk-416-answer',
        'chunk-bad-range',
      ],
      'no mount without `from`': ['mount-anonymous/*'],
      'no ?tag=': ['manifest-tags/*', 'manifest-tags-bad'],
      'lists of tags: null, no pages, no other parameters in Link': [
        'tags-empty',
        'tags-last-end',
        'tags-link',
        'tags-link-parameters',
        'tags-prefix',
      ],
      'no referrers API, and no OCI-Subject': [
        'subject-header/*',
        'subject-missing/*',
        'subject-index/*',
        'referrers-list/*',
        'referrers-type/*',
        'referrers-type-of-config/*',
        'referrers-type-of-index/*',
        'referrers-annotations/*',
        'referrers-filter/*',
        'referrers-filter-nothing/*',
        'referrers-unknown/*',
        'referrers-repository-unknown/*',
        'referrers-other-repository/*',
        'referrers-delete/*',
        'referrers-subject-deleted/*',
        'referrers-form',
        'referrers-bad-digest',
        'referrers-once',
        'referrers-pages',
      ],
      'the catalog is not in the order of bytes, takes any n': ['catalog-prefix'],
    },
    byChance: ['catalog-order', 'one-writer'],
  },
  'docker-registry': {
    fails: {
      'no manifests by sha512': [
        'manifest-get-digest/sha512',
        'manifest-get-digest-header/sha512',
        'manifest-get-type/sha512',
        'manifest-head/sha512',
        'manifest-digest-unknown/sha512',
        'manifest-other-repository/sha512',
        'manifest-put/sha512',
        'manifest-put-bytes/sha512',
        'manifest-put-chunked/sha512',
        'manifest-put-again/sha512',
        'shape-image/sha512',
        'shape-index/sha512',
        'shape-nested/sha512',
        'shape-empty-index/sha512',
        'shape-no-layers/sha512',
        'shape-same-layer/sha512',
        'shape-artifact/sha512',
        'shape-artifact-index/sha512',
        'shape-data/sha512',
        'shape-unknown-types/sha512',
        'shape-unknown-fields/sha512',
        'shape-docker/sha512',
        'shape-docker-list/sha512',
        'delete-manifest/sha512',
        'delete-manifest-tags/sha512',
        'delete-manifest-unknown/sha512',
        'delete-manifest-elsewhere/sha512',
        'delete-manifest-again/sha512',
      ],
      'manifests: refused with 500, 400 for 413, rewritten for Accept, taken where a field is there twice': [
        'manifest-of-blob/*',
        'manifest-bad-reference',
        'manifest-bad-digest',
        'manifest-no-json',
        'manifest-type-missing',
        'manifest-too-large',
        'shape-nondistributable/*',
        'shape-future',
        'shape-twice',
        'accept-any',
        'accept-never-rewrites',
        'accept-vary',
      ],
      'blobs by sha512 are given back, and mounted, as sha256': [
        'blob-digest-header/sha512',
        'upload-put-header/sha512',
        'mount/sha512',
        'mount-then-delete/sha512',
      ],
      others: [
        'etag-manifest',
        'upload-location-plain',
        'upload-name-bad',
        'upload-session-unknown',
        'location-of-before',
        'delete-all',
        'nosniff',
        'names-bad',
        'error-unknown-path',
        'error-method',
        'length-and-chunked',
      ],
      'ranges: backwards, other units, without Content-Range': [
        'range-backwards/*',
        'range-outside/*',
        'range-at-end/*',
        'range-unit',
        'range-several',
      ],
      'no upload in a single POST': [
        'single-post/*',
        'single-post-empty/*',
        'single-post-chunked/*',
        'single-post-wrong/*',
        'single-post-bad-digest',
      ],
      'chunks out of order are taken, or not refused with 416 that tells where to go on': [
        'chunk-out-of-order/*',
        'chunk-again/*',
        'chunk-first-late/*',
        'chunk-put-out-of-order/*',
        'chunk-416-answer',
        'chunk-bad-range',
      ],
      'no mount without `from`': ['mount-anonymous/*'],
      'no ?tag=': ['manifest-tags/*', 'manifest-tags-bad'],
      'lists of tags: null, no pages, no other parameters in Link': ['tags-empty', 'tags-n-zero', 'tags-n-bad'],
      'no referrers API, and no OCI-Subject': [
        'subject-header/*',
        'subject-missing/*',
        'subject-index/*',
        'referrers-list/*',
        'referrers-type/*',
        'referrers-type-of-config/*',
        'referrers-type-of-index/*',
        'referrers-annotations/*',
        'referrers-filter/*',
        'referrers-filter-nothing/*',
        'referrers-unknown/*',
        'referrers-repository-unknown/*',
        'referrers-other-repository/*',
        'referrers-delete/*',
        'referrers-subject-deleted/*',
        'referrers-form',
        'referrers-bad-digest',
        'referrers-once',
        'referrers-pages',
      ],
      'tags cannot be deleted': ['delete-tag', 'delete-tag-only', 'delete-tag-unknown'],
      'the catalog is not in the order of bytes, takes any n': ['catalog-prefix', 'catalog-n-bad'],
    },
    byChance: [
      'one-writer',
      'cut-resume',
      'cut-resume/sha512',
      'many-tags-at-once',
      'catalog-order',
      'tags-delete',
      'tags-list',
      'tags-order',
      'tags-n',
      'tags-n-large',
      'tags-last',
      'tags-last-end',
      'tags-last-unknown',
      'tags-prefix',
      'tags-link',
      'tags-link-parameters',
      'tags-n-huge',
    ],
  },
}

/**
 * Checks that a registry of others does not pass. They are run all the same: one that passes must leave its list, so the lists
 * prove that each of these checks can fail.
 */
export function knownFailures(program: RegistryProgram): ReadonlySet<string> {
  return new Set(Object.values(records[program].fails).flatMap((ids) => ids.flatMap(bothOf)))
}

/** What it lacks, in words, and how many checks show it. */
export function lacks(program: RegistryProgram): ReadonlyMap<string, number> {
  return new Map(Object.entries(records[program].fails).map(([what, ids]) => [what, ids.flatMap(bothOf).length]))
}

/** Checks that are not run against it. */
export function byChance(program: RegistryProgram): ReadonlySet<string> {
  return new Set(records[program].byChance)
}

function bothOf(id: string): string[] {
  if (!id.endsWith('/*')) return [id]
  return algorithms.map((algorithm) => (algorithm === 'sha256' ? id.slice(0, -2) : `${id.slice(0, -2)}/${algorithm}`))
}
