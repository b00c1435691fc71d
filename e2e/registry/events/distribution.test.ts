import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Receiver, startReceiver } from '../../../registry/events/testing/receiver.ts'
import { needs } from '../../testing/needs.ts'
import { startRegistry } from '../../testing/registry.ts'
import { startServe } from '../../testing/serve.ts'
import { temporaryFolder } from '../../testing/temporary.ts'
import { acts } from './actions.ts'

interface Told {
  readonly url: string
  readonly receiver: Receiver
}

/** Members that differ from one registry, process or request to the next, by their kind. */
const differing: Readonly<Record<string, RegExp>> = {
  id: /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/,
  timestamp: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(?:Z|[+-]\d\d:\d\d)$/,
  instanceID: /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/,
  addr: /^[\w.:-]+:\d+$/,
}

/** An event with what differs told by its kind alone, and the registry's address by a word. */
function normal(event: unknown, host: string): unknown {
  return JSON.parse(JSON.stringify(event), (name, value: unknown) => {
    if (typeof value !== 'string') return value
    const pattern = differing[name]
    if (pattern !== undefined) return pattern.test(value) ? `(${name})` : `(no ${name}: ${value})`
    return value.replaceAll(host, '(host)')
  })
}

async function play(t: ExecutionContext, { url, receiver }: Told): Promise<ReadonlyMap<string, unknown>> {
  const events = new Map<string, unknown>()
  for (const [title, act] of Object.entries(acts)) {
    const before = receiver.taken.length
    await act(url)
    await receiver.until(() => receiver.taken.length > before)
    const told = receiver.taken.slice(before)
    t.is(told.length, 1, title)
    events.set(title, normal(told[0], new URL(url).host))
  }
  return events
}

needs(
  test,
  'root',
  'distribution',
)('what is told is what distribution tells, member by member', async (t) => {
  t.timeout(120_000)
  const [theirs, ours] = [await startReceiver(t), await startReceiver(t)]
  const folder = join(temporaryFolder(t), 'distribution')
  mkdirSync(folder)
  const notifications = (url: string): object => ({
    events: { includereferences: true },
    endpoints: [{ name: 'a', url, timeout: '2s', threshold: 3, backoff: '100ms' }],
  })
  await using distribution = await startRegistry(folder, 'distribution', { notifications: notifications(theirs.url) })
  const root = temporaryFolder(t)
  const config = join(root, 'config.yml')
  const storage = { filesystem: { rootdirectory: '/nowhere' }, delete: { enabled: true } }
  writeFileSync(config, JSON.stringify({ version: 0.1, storage, notifications: notifications(ours.url) }))
  await using served = await startServe(root, { args: ['--config', config] })
  const expected = await play(t, { url: `http://${distribution.host}`, receiver: theirs })
  const found = await play(t, { url: `http://${served.host}`, receiver: ours })
  for (const title of Object.keys(acts)) t.deepEqual(found.get(title), expected.get(title), title)
  const [one, other] = [theirs.envelopes[0], ours.envelopes[0]]
  t.is(other?.headers['content-type'], one?.headers['content-type'])
})
