import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { until } from '../../testing/serve.ts'
import { type Person, person, sharedTrust, trustAt } from './testing/trust-scene.ts'

const servers = sharedTrust(test)

function contextWith(who: Person, content: string): string {
  return who.write('context', { Dockerfile: 'FROM scratch\nCOPY file /\n', file: content })
}

/** What a tag leads to in the registry; undefined when there is no such tag. */
async function digestOf(who: Person, name: string): Promise<string | undefined> {
  const { code, stdout } = await who.ibuild(['index', 'inspect', '--json', name])
  return code === 0 ? /"digest": "(sha256:\w+)"/.exec(stdout)?.[1] : undefined
}

interface Trouble {
  /** From when on. */
  readonly isOn: () => boolean
  readonly kind: 'silence' | 'cut'
}

/** A way to the trust server that has trouble at some time. */
async function troubledServer(t: ExecutionContext, url: string, { isOn, kind }: Trouble): Promise<string> {
  const server = createServer((socket) => {
    const there = connect(Number(new URL(url).port), '127.0.0.1')
    for (const each of [socket, there]) each.on('error', () => undefined)
    socket.on('data', (bytes) => {
      if (!isOn()) there.write(bytes)
      else if (kind === 'cut') socket.destroy()
    })
    there.pipe(socket)
    socket.on('close', () => there.destroy())
  })
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
  await who.ok(['build', '-t', one, context])
  const before = shared.registry.seen.length
  const byDigest = (line: string): boolean => line.startsWith('PUT /v2/push/failed/manifests/sha256:')
  const isOn = (): boolean => shared.registry.seen.slice(before).some(byDigest)
  const url = await troubledServer(t, shared.url, { isOn, kind: 'cut' })
  trustAt(who, shared, url)
  const pushed = await who.ibuild(['push', '--sign', one], { env: { DOCKER_CONTENT_TRUST_SERVER: url } })
  t.true(isOn())
  t.deepEqual([pushed.code, /\[TRUST_UNREACHABLE\]/.test(pushed.stderr)], [3, true], pushed.stderr)
  t.deepEqual([await digestOf(who, one), await digestOf(who, two)], [first, undefined])
  await who.ok(['push', '--sign', one])
  t.not(await digestOf(who, one), first)
  await who.ok(['pull', '--verify', one])
})

test.serial('a push that is killed before it is signed has moved no tag', async (t) => {
  const shared = await servers()
  const byDigest = (line: string): boolean => line.startsWith('PUT /v2/push/killed/manifests/sha256:')
  const isOn = (): boolean => shared.registry.seen.some(byDigest)
  const url = await troubledServer(t, shared.url, { isOn, kind: 'silence' })
  const who = await person(t, { ...shared, url })
  const name = `${shared.registry.host}/push/killed:1`
  const stop = new AbortController()
  const push = who.ibuild(['build', '--push', '--sign', '-t', name, contextWith(who, 'one')], { signal: stop.signal })
  const failed = t.throwsAsync(push)
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

test.serial('what cannot be signed is told before anything is built or sent', async (t) => {
  const shared = await servers()
  const who = await person(t, shared)
  const name = `${shared.registry.host}/push/early:1`
  await who.ok(['build', '--push', '--sign', '-t', name, contextWith(who, 'first')])
  const sentTo = (): number =>
    shared.registry.seen.filter((line) => /^(POST|PUT|PATCH) .*push\/early/.test(line)).length
  const before = sentTo()
  const context = who.write('broken', { Dockerfile: 'FROM scratch\nCOPY nothing /\n', file: '' })
  const build = ['build', '--push', '--sign', '-t', name, context]
  const none = { DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: '' }
  const rows = [
    ['PASSPHRASE_WRONG', [], { DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'another passphrase' }],
    ['PASSPHRASE_MISSING', [], none],
    ['TRUST_UNREACHABLE', [], { DOCKER_CONTENT_TRUST_SERVER: 'https://127.0.0.1:1' }],
    ['TRUST_INCOMPLETE', ['--trust-dir', who.write('nobody', {})], {}],
    ['KEY_NOT_FOUND', ['--sign-format', 'cosign', '--cosign-key', '0123abcd'], {}],
  ] as const
  for (const [code, flags, env] of rows) {
    for (const command of [build, ['push', '--sign', name]]) {
      const { stderr } = await who.ibuild([...command, ...flags], { env })
      t.true(stderr.includes(`[${code}]`), stderr)
    }
  }
  t.is(sentTo(), before)
  const { stderr } = await who.ibuild(build)
  t.regex(stderr, /nothing/)
  t.notRegex(stderr, /\[(TRUST|KEY|PASSPHRASE)/)
})

test.serial('what is pushed is signed as cosign does, alone or beside its collection', async (t) => {
  const shared = await servers()
  const who = await person(t, shared)
  const [both, alone] = [`${shared.registry.host}/push/both:1`, `${shared.registry.host}/push/alone:1`]
  await who.ok(['build', '--push', '--sign', '--sign-format', 'both', '-t', both, contextWith(who, 'one')])
  await who.ok(['pull', '--verify', both])
  await who.ok(['trust', 'key', 'generate', 'ci', '--dir', who.folder])
  await who.ok(['tag', both, alone])
  await who.ok(['push', '--sign', '--sign-format', 'cosign', alone])
  t.is((await who.ibuild(['pull', '--verify', alone])).code, 3)
  const policy = who.write('policy', { 'policy.yaml': 'default: {cosign: {keys: ../ci.pub}}\n' })
  await who.ok(['pull', '--trust-policy', `${policy}/policy.yaml`, alone])
  t.regex((await who.ok(['trust', 'verify', both])).stdout, /signed by targets\n$/)
  const env = { IBUILD_TRUST_POLICY: `${policy}/policy.yaml` }
  t.regex(
    (await who.ok(['trust', 'verify', alone], { env })).stdout,
    /is sha256:\w+, signed as .*policy\.yaml requires\n$/,
  )
  const refused = await who.ibuild(['trust', 'verify', '--explain', both], { env })
  t.deepEqual([refused.code, /ok +targets/.test(refused.stderr)], [3, true], refused.stderr)
  t.is((await who.ibuild(['trust', 'verify', '--no-policy', both], { env })).code, 0)
  t.is((await who.ibuild(['trust', 'verify', '--no-policy', alone], { env })).code, 3)
  t.is((await who.ibuild(['trust', 'verify', '--pin', 'ab'.repeat(32), '--trust-policy', 'x', both])).code, 2)
  const any = who.write('any', { 'policy.yaml': 'default: insecureAcceptAnything\n' })
  const { stdout: free } = await who.ok(['trust', 'verify', '--json', '--trust-policy', `${any}/policy.yaml`, alone])
  t.like(JSON.parse(free), { required: false, policy: `${any}/policy.yaml` })
  const others = await who.ibuild(['pull', '--trust-policy', `${policy}/policy.yaml`, both])
  t.deepEqual([others.code, /TRUST_/.test(others.stderr)], [3, true], others.stderr)
})

test.serial('flags for signing that say nothing alone are wrong usage', async (t) => {
  const who = await person(t, await servers())
  const context = contextWith(who, 'one')
  const rows = [
    [['--sign-format', 'both'], /add --sign/],
    [['--sign', '--sign-format', 'gpg'], /"gpg" is none of/],
    [['--sign', '--cosign-key', 'abcd'], /needs --sign-format/],
  ] as const
  for (const [flags, message] of rows) {
    const { code, stderr } = await who.ibuild(['build', '--push', ...flags, '-t', 'app', context])
    t.deepEqual([code, message.test(stderr)], [2, true], stderr)
  }
})
