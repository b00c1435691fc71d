import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { until } from '../../testing/serve.ts'
import { type Person, person, sharedTrust } from './testing/trust-scene.ts'

const servers = sharedTrust(test)

function contextWith(who: Person, content: string): string {
  return who.write('context', { Dockerfile: 'FROM scratch\nCOPY file /\n', file: content })
}

/** What a tag leads to in the registry; undefined when there is no such tag. */
async function digestOf(who: Person, name: string): Promise<string | undefined> {
  const { code, stdout } = await who.ibuild(['index', 'inspect', '--json', name])
  return code === 0 ? /"digest": "(sha256:\w+)"/.exec(stdout)?.[1] : undefined
}

/** A trust server that takes connections and says nothing. */
async function silentServer(t: ExecutionContext): Promise<string> {
  const server = createServer((socket) => void socket.on('error', () => undefined))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test.serial('a signature that fails leaves the tags where they were', async (t) => {
  const shared = await servers()
  const who = await person(t, shared)
  const [one, two] = [`${shared.registry.host}/push/failed:1`, `${shared.registry.host}/push/failed:2`]
  await who.ok(['build', '--push', '--sign', '-t', one, contextWith(who, 'first')])
  const first = await digestOf(who, one)
  t.truthy(first)
  const context = contextWith(who, 'second')
  const wrong = { env: { DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'another passphrase' } }
  const { code, stderr } = await who.ibuild(['build', '--push', '--sign', '-t', one, '-t', two, context], wrong)
  t.deepEqual([code === 0, /\[PASSPHRASE_WRONG\]/.test(stderr)], [false, true], stderr)
  const away = { env: { DOCKER_CONTENT_TRUST_SERVER: 'https://127.0.0.1:1' } }
  const pushed = await who.ibuild(['push', '--sign', one], away)
  t.deepEqual([pushed.code, /\[TRUST_UNREACHABLE\]/.test(pushed.stderr)], [3, true], pushed.stderr)
  t.deepEqual([await digestOf(who, one), await digestOf(who, two)], [first, undefined])
  await who.ok(['push', '--sign', one])
  t.not(await digestOf(who, one), first)
  await who.ok(['pull', '--verify', one])
})

test.serial('a push that is killed before it is signed has moved no tag', async (t) => {
  const shared = await servers()
  const who = await person(t, shared, { DOCKER_CONTENT_TRUST_SERVER: await silentServer(t) })
  const name = `${shared.registry.host}/push/killed:1`
  const stop = new AbortController()
  const push = who.ibuild(['build', '--push', '--sign', '-t', name, contextWith(who, 'one')], { signal: stop.signal })
  const failed = t.throwsAsync(push)
  const byDigest = (line: string): boolean => line.startsWith('PUT /v2/push/killed/manifests/sha256:')
  await until(
    () => shared.registry.seen.find(byDigest),
    60_000,
    () => shared.registry.seen.join('\n'),
  )
  stop.abort()
  await failed
  t.is(await digestOf(who, name), undefined)
})

test.serial('what is not pushed is not signed', async (t) => {
  const who = await person(t, await servers())
  const { code, stderr } = await who.ibuild(['build', '--sign', '-t', 'app', contextWith(who, 'one')])
  t.deepEqual([code, /--push/.test(stderr)], [2, true])
})
