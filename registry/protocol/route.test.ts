import test from 'ava'
import { parseRoute, type Route } from './route.ts'

const sha = `sha256:${'a'.repeat(64)}`
const rows: readonly [path: string, route: Route | undefined][] = [
  ['/v2/', { kind: 'base' }],
  ['/v2', { kind: 'base' }],
  ['/v2/_catalog', { kind: 'catalog' }],
  ['/v2/_oci/ext/discover', { kind: 'extensions', name: undefined }],
  ['/v2/a/b/_oci/ext/discover', { kind: 'extensions', name: 'a/b' }],
  ['/v2/a/manifests/latest', { kind: 'manifest', name: 'a', reference: 'latest' }],
  ['/v2/a/b/c/manifests/v1.0', { kind: 'manifest', name: 'a/b/c', reference: 'v1.0' }],
  [`/v2/a/manifests/${sha}`, { kind: 'manifest', name: 'a', reference: sha }],
  [`/v2/a/manifests/${encodeURIComponent(sha)}`, { kind: 'manifest', name: 'a', reference: sha }],
  ['/v2/a/manifests/sha256:bad', { kind: 'manifest', name: 'a', reference: 'sha256:bad' }],
  ['/v2/a/manifests/', { kind: 'manifest', name: 'a', reference: '' }],
  [`/v2/a/blobs/${sha}`, { kind: 'blob', name: 'a', digest: sha }],
  ['/v2/a/blobs/uploads/', { kind: 'uploads', name: 'a' }],
  ['/v2/a/blobs/uploads', { kind: 'uploads', name: 'a' }],
  ['/v2/a/blobs/uploads/1-2', { kind: 'upload', name: 'a', session: '1-2' }],
  ['/v2/a/blobs/uploads/1-2.seal.of.it', { kind: 'upload', name: 'a', session: '1-2', seal: 'seal.of.it' }],
  ['/v2/a/blobs/uploads/1-2.', { kind: 'upload', name: 'a', session: '1-2', seal: '' }],
  ['/v2/a/tags/list', { kind: 'tags', name: 'a' }],
  [`/v2/a/referrers/${sha}`, { kind: 'referrers', name: 'a', digest: sha }],
  // Markers are names as well: the last one counts.
  ['/v2/a/blobs/uploads/manifests/x', { kind: 'manifest', name: 'a/blobs/uploads', reference: 'x' }],
  ['/v2/a/manifests/tags/list', { kind: 'tags', name: 'a/manifests' }],
  ['/v2/a/tags/list/manifests/x', { kind: 'manifest', name: 'a/tags/list', reference: 'x' }],
  ['/v2/a/tags/list/tags/list', { kind: 'tags', name: 'a/tags/list' }],
  ['/v2/manifests/manifests/manifests', { kind: 'manifest', name: 'manifests', reference: 'manifests' }],
  ['/v2/tags/tags/list', { kind: 'tags', name: 'tags' }],
  ['/v2/a/blobs/blobs/uploads/', { kind: 'uploads', name: 'a/blobs' }],
  [`/v2/a/blobs/blobs/${sha}`, { kind: 'blob', name: 'a/blobs', digest: sha }],
  ['/v2/a/referrers/blobs/uploads/x', { kind: 'upload', name: 'a/referrers', session: 'x' }],
  // Names are not decoded, and so are refused by whoever parses them.
  ['/v2/a%2fb/tags/list', { kind: 'tags', name: 'a%2fb' }],
  ['/v2/../tags/list', { kind: 'tags', name: '..' }],
  ['/v2//tags/list', { kind: 'tags', name: '' }],
  ['/v2/tags/list', { kind: 'tags', name: '' }],
  ['/v2/a/manifests/..%2f..%2fetc', { kind: 'manifest', name: 'a', reference: '../../etc' }],
  ['/v2/a/manifests/%252e', { kind: 'manifest', name: 'a', reference: '%2e' }],
  // No route.
  ['/', undefined],
  ['/v1/a/manifests/x', undefined],
  ['/v2/a', undefined],
  ['/v2/a/manifests', undefined],
  ['/v2/a/tags', undefined],
  ['/v2/a/tags/other', undefined],
  ['/v2/a/manifests/x/', undefined],
  ['/v2/a/manifests/%', undefined],
  ['/v2/a/manifests/%ff', undefined],
  [`/v2/${'a/'.repeat(600)}tags/list`, undefined],
]

for (const [path, route] of rows) {
  test(`route of ${path.slice(0, 60)}`, (t) => t.deepEqual(parseRoute(path), route))
}
