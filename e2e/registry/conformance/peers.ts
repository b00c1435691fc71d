import type { DigestAlgorithm } from '../../../shared/base/digest.ts'
import type { RegistryProgram } from '../../testing/registry.ts'

/** Something that registries of others lack, and the ids of checks that show it; `ID/*` stands for both algorithms. */
interface Lack {
  readonly what: string
  /** Neither passes them. */
  readonly both?: readonly string[]
  /** More that one of them does not pass. */
  readonly distribution?: readonly string[]
  readonly 'docker-registry'?: readonly string[]
}

const algorithms: readonly DigestAlgorithm[] = ['sha256', 'sha512']

const table: readonly Lack[] = [
  {
    what: 'no manifests by sha512',
    both: [
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
    distribution: ['manifest-of-blob/sha512'],
  },
  {
    what: 'manifests: refused with 500, 400 for 413, rewritten for Accept, taken where a field is there twice',
    both: [
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
    'docker-registry': ['manifest-of-blob/*', 'accept-any'],
  },
  {
    what: 'blobs by sha512 are given back, and mounted, as sha256',
    both: ['blob-digest-header/sha512', 'upload-put-header/sha512', 'mount/sha512', 'mount-then-delete/sha512'],
  },
  {
    what: 'others',
    both: [
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
  },
  {
    what: 'ranges: backwards, other units, without Content-Range',
    both: ['range-backwards/*', 'range-unit'],
    distribution: ['range-empty-blob'],
    'docker-registry': ['range-outside/*', 'range-at-end/*', 'range-several'],
  },
  {
    what: 'no upload in a single POST',
    both: [
      'single-post/*',
      'single-post-empty/*',
      'single-post-chunked/*',
      'single-post-wrong/*',
      'single-post-bad-digest',
    ],
  },
  {
    what: 'chunks out of order are taken, or not refused with 416 that tells where to go on',
    both: ['chunk-put-out-of-order/*', 'chunk-416-answer', 'chunk-bad-range'],
    'docker-registry': ['chunk-out-of-order/*', 'chunk-again/*', 'chunk-first-late/*'],
  },
  { what: 'no mount without `from`', both: ['mount-anonymous/*'] },
  { what: 'no ?tag=', both: ['manifest-tags/*', 'manifest-tags-bad'] },
  {
    what: 'lists of tags: null, no pages, no other parameters in Link',
    both: ['tags-empty'],
    distribution: ['tags-last-end', 'tags-link', 'tags-link-parameters', 'tags-prefix'],
    'docker-registry': ['tags-n-zero', 'tags-n-bad'],
  },
  {
    what: 'no referrers API, and no OCI-Subject',
    both: [
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
  },
  { what: 'tags cannot be deleted', 'docker-registry': ['delete-tag', 'delete-tag-only', 'delete-tag-unknown'] },
  {
    what: 'the catalog is not in the order of bytes, takes any n',
    both: ['catalog-prefix'],
    'docker-registry': ['catalog-n-bad'],
  },
]

/** Ids of checks whose result depends on the order of a folder, on neighbours in the store or on time: not run there. */
const leftToChance: Readonly<Record<RegistryProgram, readonly string[]>> = {
  distribution: ['catalog-order', 'one-writer'],
  'docker-registry': [
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
}

/**
 * Checks that a registry of others does not pass. They are run all the same: one that passes must leave its list, so the lists
 * prove that each of these checks can fail.
 */
export function knownFailures(program: RegistryProgram): ReadonlySet<string> {
  return new Set(table.flatMap((lack) => idsOf(lack, program)))
}

/** What it lacks, in words, and how many checks show it. */
export function lacks(program: RegistryProgram): ReadonlyMap<string, number> {
  const counts = table.map((lack) => [lack.what, idsOf(lack, program).length] as const)
  return new Map(counts.filter(([, count]) => count > 0))
}

/** Checks that are not run against it. */
export function byChance(program: RegistryProgram): ReadonlySet<string> {
  return new Set(leftToChance[program])
}

function idsOf(lack: Lack, program: RegistryProgram): string[] {
  return [...(lack.both ?? []), ...(lack[program] ?? [])].flatMap(bothOf)
}

function bothOf(id: string): string[] {
  if (!id.endsWith('/*')) return [id]
  return algorithms.map((algorithm) => (algorithm === 'sha256' ? id.slice(0, -2) : `${id.slice(0, -2)}/${algorithm}`))
}
