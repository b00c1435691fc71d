import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import type { Occurrence, Requester } from '../service/occurrence.ts'
import { type EventFacts, eventOf } from './event.ts'

const facts: EventFacts = {
  id: 'i',
  at: Date.UTC(2026, 0, 2, 3, 4, 5),
  source: { addr: 'host:5000', instanceID: 's' },
  url: '',
  references: false,
}
const by: Requester = {
  id: 'r',
  method: 'PUT',
  address: '192.0.2.1:33',
  host: 'registry.example:5000',
  isEncrypted: true,
  agent: 'client/1',
  actor: 'ann',
}
const digest = digestOf('x')
const blob: Occurrence = { action: 'push', kind: 'blob', name: 'team/app', digest, size: 7 }

test('a blob that was pushed', (t) => {
  t.deepEqual(eventOf(blob, by, facts), {
    id: 'i',
    timestamp: '2026-01-02T03:04:05.000Z',
    action: 'push',
    target: {
      mediaType: 'application/octet-stream',
      digest,
      size: 7,
      length: 7,
      repository: 'team/app',
      url: `https://registry.example:5000/v2/team/app/blobs/${digest}`,
    },
    request: {
      id: 'r',
      addr: '192.0.2.1:33',
      host: 'registry.example:5000',
      method: 'PUT',
      useragent: 'client/1',
    },
    actor: { name: 'ann' },
    source: { addr: 'host:5000', instanceID: 's' },
  })
})

test('what nobody asked for has a request without anything', (t) => {
  const { request, actor, target } = eventOf({ ...blob, action: 'delete' }, undefined, facts)
  t.deepEqual(request, { id: '', method: '', useragent: '' })
  t.deepEqual(actor, {})
  t.deepEqual(target, { mediaType: '', digest, size: 7, length: 7, repository: 'team/app' })
})

test('what is not known of a tag that goes is empty, where it is always there', (t) => {
  const { target } = eventOf({ action: 'delete', kind: 'manifest', name: 'a', tag: 'x' }, by, facts)
  t.deepEqual(target, { mediaType: '', digest: '', size: 0, repository: 'a', tag: 'x' })
})

const hosts: readonly [host: string, url: string | undefined][] = [
  ['r:5000', 'https://r:5000'],
  ['[::1]:5000', 'https://[::1]:5000'],
  ['evil/..', undefined],
  ['a@b', undefined],
  ['a b', undefined],
  ['', undefined],
  ['x'.repeat(300), undefined],
]
for (const [host, base] of hosts) {
  test(`a client that calls the registry ${JSON.stringify(host.slice(0, 20))}`, (t) => {
    const { target } = eventOf(blob, { ...by, host }, facts)
    const { url } = target as { url?: string }
    t.is(url, base && `${base}/v2/team/app/blobs/${digest}`)
  })
}

test('the URL of the configuration comes before what a client says', (t) => {
  const { target } = eventOf(blob, by, { ...facts, url: 'https://public.example/registry' })
  t.is((target as { url?: string }).url, `https://public.example/registry/v2/team/app/blobs/${digest}`)
})

test('what a client says of itself is cut', (t) => {
  const { request } = eventOf(blob, { ...by, agent: 'x'.repeat(5000), method: 'M'.repeat(99) }, facts)
  t.is((request as { useragent: string }).useragent.length, 256)
  t.is((request as { method: string }).method.length, 20)
})

const manifest = { config: { digest: 'c' }, layers: [{ digest: 'l1' }, { digest: 'l2' }], other: 1 }
const references: readonly [title: string, bytes: string, found: unknown][] = [
  ['an image', JSON.stringify(manifest), [{ digest: 'c' }, { digest: 'l1' }, { digest: 'l2' }]],
  ['an index', JSON.stringify({ manifests: [{ digest: 'm' }] }), [{ digest: 'm' }]],
  ['nothing', '{}', undefined],
  ['no JSON', 'x', undefined],
  ['lists of what is none', JSON.stringify({ config: 1, layers: 'x', manifests: [null, 2] }), undefined],
  ['a manifest with much beside', JSON.stringify({ ...manifest, annotations: { a: 'x'.repeat(300_000) } }), undefined],
  [
    'more than an event can hold',
    JSON.stringify({ layers: Array.from({ length: 5000 }, () => ({ digest: 'l' })) }),
    undefined,
  ],
]
for (const [title, bytes, found] of references) {
  test(`references of ${title}`, (t) => {
    const occurrence: Occurrence = { ...blob, kind: 'manifest', bytes: Buffer.from(bytes) }
    const { target } = eventOf(occurrence, by, { ...facts, references: true })
    t.deepEqual((target as { references?: unknown }).references, found)
    t.false('references' in (eventOf(occurrence, by, facts)['target'] as object))
  })
}

test('who is told that a policy removed something is told why', (t) => {
  const gone = { action: 'delete', kind: 'manifest', name: 'a', tag: 'x' } as const
  t.is(eventOf(gone, { ...by, reason: 'DELETE_AGE' }, facts)['reason'], 'DELETE_AGE')
  t.false('reason' in eventOf(gone, by, facts))
})
