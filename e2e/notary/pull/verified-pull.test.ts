import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Person, person, type Servers, sharedTrust } from './testing/trust-scene.ts'

const servers = sharedTrust(test)

interface Scene extends Servers {
  readonly signer: Person
  readonly user: Person
  /** `host:port/name` of a repository of this test's own. */
  readonly name: string
}

async function sceneOf(t: ExecutionContext, path: string): Promise<Scene> {
  const shared = await servers()
  const [signer, user] = await Promise.all([person(t, shared), person(t, shared)])
  return { ...shared, signer, user, name: `${shared.registry.host}/${path}` }
}

/** Builds an image of one file, pushes it under tags, and gives the digest that it has there. */
async function push(
  who: Person,
  content: string,
  names: readonly string[],
  ...flags: readonly string[]
): Promise<string> {
  const context = who.write('context', { Dockerfile: 'FROM scratch\nCOPY file /\n', file: content })
  const tags = names.flatMap((name) => ['-t', name])
  await who.ok(['build', '--push', '--metadata-file', 'meta.json', ...flags, ...tags, context])
  return (await digestOf(who, names[0] ?? '')) ?? ''
}

/** What a tag leads to in the registry. */
async function digestOf(who: Person, name: string): Promise<string | undefined> {
  const { code, stdout } = await who.ibuild(['index', 'inspect', '--json', name])
  return code === 0 ? /"digest": "(sha256:\w+)"/.exec(stdout)?.[1] : undefined
}

const imagesOf = async (who: Person): Promise<string> => (await who.ok(['images', '-q'])).stdout

/** A command that has to be refused with exit code 3, and what it said. */
async function refused(t: ExecutionContext, who: Person, ...args: readonly string[]): Promise<string> {
  const { code, stderr, stdout } = await who.ibuild(args)
  t.is(code, 3, stderr + stdout)
  return stderr
}

test.serial('what is signed is pulled, and what is not is refused and leaves nothing', async (t) => {
  const { signer, user, name } = await sceneOf(t, 'team/signed')
  const digest = await push(signer, 'one', [`${name}:1`, `${name}:also`], '--sign')
  await push(signer, 'two', [`${name}:2`])
  for (const tag of ['1', 'also']) {
    const { stdout } = await user.ok(['pull', '--verify', `${name}:${tag}`])
    t.true(stdout.startsWith(`Digest: ${digest}\n`), stdout)
  }
  const before = await imagesOf(user)
  const told = await refused(t, user, 'pull', '--verify', `${name}:2`)
  t.regex(told, /:2 is not signed by targets\/releases or targets \[TRUST_NOT_SIGNED\]/)
  t.regex(told, /hint: .*ibuild trust sign .*:2/)
  t.regex(await refused(t, user, 'pull', '--verify', `${name}-none:1`), /no collection of this name \[TRUST_NO_DATA\]/)
  t.is(await imagesOf(user), before)
  await user.ok(['pull', '--no-verify', `${name}:2`], { env: { IBUILD_TRUST: '1' } })
})

test.serial('of all tags those come in that are signed', async (t) => {
  const { signer, user, name } = await sceneOf(t, 'team/tags')
  await push(signer, 'two', [`${name}:2`])
  await push(signer, 'none', [`${name}-none:1`])
  await signer.ok(['trust', 'init', `${name}-none`])
  await push(signer, 'one', [`${name}:1`], '--sign')
  const { stdout, stderr } = await user.ok(['pull', '--verify', '--all-tags', name])
  t.regex(stdout, /\/team\/tags:1\n$/)
  t.regex(stderr, /left out: .*team\/tags:2 is not signed/)
  const told = await refused(t, user, 'pull', '--verify', '--all-tags', `${name}-none`)
  t.regex(told, /-none:1 is not signed .*\[TRUST_NOT_SIGNED\]/)
})

test.serial('the registry is not asked what a signed tag means', async (t) => {
  const { signer, user, name } = await sceneOf(t, 'team/moved')
  const digest = await push(signer, 'good', [`${name}:1`], '--sign')
  const evil = await push(signer, 'evil', [`${name}:1`])
  t.not(evil, digest)
  const { stdout } = await user.ok(['pull', '--verify', `${name}:1`])
  t.true(stdout.startsWith(`Digest: ${digest}\n`), stdout)
  const plain = await user.ok(['pull', `${name}:1`])
  t.true(plain.stdout.startsWith(`Digest: ${evil}\n`), 'without trust it is what the registry says')
  await signer.ok(['delete', `${name}@${digest}`])
  t.regex(
    await refused(t, user, 'pull', '--verify', `${name}:1`),
    /is signed as .*, which .* has not \[TRUST_CONTENT\]/,
  )
})

test.serial('what a registry gives in the place of what was signed is refused, and leaves nothing', async (t) => {
  const { signer, user, name, registry } = await sceneOf(t, 'team/swapped')
  const digest = await push(signer, 'good', [`${name}:1`], '--sign')
  registry.lie(`/team/swapped/manifests/${digest}`, Buffer.from('{"schemaVersion":2}'))
  t.regex(await refused(t, user, 'pull', '--verify', `${name}:1`), /is not what was signed: .*\[TRUST_CONTENT\]/)
  registry.tellTruth()
  const { layers } = JSON.parse((await signer.ok(['index', 'inspect', '--raw', `${name}:1`])).stdout) as {
    readonly layers: readonly { readonly digest: string; readonly size: number }[]
  }
  const [layer] = layers
  registry.lie(`/team/swapped/blobs/${layer?.digest}`, Buffer.alloc(layer?.size ?? 0))
  t.regex(await refused(t, user, 'pull', '--verify', `${name}:1`), /is not what was signed: .*\[TRUST_CONTENT\]/)
  t.is(await imagesOf(user), '')
  registry.tellTruth()
  await user.ok(['pull', '--verify', `${name}:1`])
})

test.serial('a base image is what was signed, whatever the store has under its name', async (t) => {
  const { signer, user, name } = await sceneOf(t, 'team/base')
  await push(signer, 'good', [`${name}:1`], '--sign')
  await push(signer, 'evil', [`${name}:2`])
  await user.ok(['pull', `${name}:2`])
  await user.ok(['tag', `${name}:2`, `${name}:1`])
  const from = user.write('from', { Dockerfile: `FROM ${name}:1\n` })
  const copy = user.write('copy', { Dockerfile: `FROM scratch\nCOPY --from=${name}:2 /file /\n` })
  const told = await refused(t, user, 'build', '--verify', copy)
  t.regex(told, /:2 is not signed by .* \[TRUST_NOT_SIGNED\]\nDockerfile:2\n/)
  await user.ok(['build', copy])
  const plain = await user.ok(['build', '-q', '-o', 'type=local,dest=plain', from])
  const verified = await user.ok(['build', '-q', '--verify', '-o', 'type=local,dest=verified', from])
  t.not(verified.stdout, plain.stdout)
  t.is(readFileSync(join(user.folder, 'plain/file'), 'utf8'), 'evil')
  t.is(readFileSync(join(user.folder, 'verified/file'), 'utf8'), 'good')
})

test.serial(
  'an index is signed as a whole: what it names for this platform needs no signature, and is known again',
  async (t) => {
    const { signer, user, name, registry } = await sceneOf(t, 'team/index')
    await push(signer, 'good', [`${name}:1`])
    await signer.ok(['index', 'create', `${name}:all`, `${name}:1`])
    const digest = await digestOf(signer, `${name}:all`)
    await signer.ok(['trust', 'sign', `${name}:all`])
    const { stdout } = await user.ok(['pull', '--verify', `${name}:all`])
    t.true(stdout.startsWith(`Digest: ${digest}\n`), stdout)
    const from = user.write('from', { Dockerfile: `FROM ${name}:all\n` })
    const asked = registry.seen.length
    await user.ok(['build', '--verify', from])
    t.deepEqual(
      registry.seen.slice(asked).filter((line) => line.includes('/team/index/')),
      [],
    )
    await refused(t, user, 'pull', '--verify', `${name}:1`)
  },
)

test.serial('a digest must be signed, unless docker is followed, which lets digests pass', async (t) => {
  const { signer, user, name } = await sceneOf(t, 'team/digest')
  const signed = await push(signer, 'good', [`${name}:1`], '--sign')
  const other = await push(signer, 'other', [`${name}:2`])
  await user.ok(['pull', '--verify', `${name}@${signed}`])
  t.regex(await refused(t, user, 'pull', '--verify', `${name}@${other}`), /is not signed by .* under any name/)
  await user.ok(['pull', `${name}@${other}`], { env: { DOCKER_CONTENT_TRUST: '1' } })
  const run = await user.ibuild(['run', '--verify', `${name}@${other}`, '/none'])
  t.is(run.code, 125)
  t.regex(run.stderr, /TRUST_NOT_SIGNED/)
  const tag = await user.ibuild(['pull', `${name}:2`], { env: { DOCKER_CONTENT_TRUST: '1' } })
  t.is(tag.code, 3)
})

test.serial('a policy names keys, roles, and what may come in as it is', async (t) => {
  const { signer, user, name, registry } = await sceneOf(t, 'team/policy')
  await push(signer, 'good', [`${name}:1`, `${registry.host}/free/app:1`])
  await signer.ok(['trust', 'sign', `${name}:1`])
  const root = /root key (\w{64})/.exec((await user.ok(['pull', '--verify', `${name}:1`])).stderr)?.[1]
  const policy = (key: string) => {
    const anchor = `root: {keys: "${root}"}`
    const team = `  - names: ${registry.host}/team/**\n    require: {notary: {${anchor}, keys: "${key}"}}\n`
    const free = `  - names: ${registry.host}/free/*\n    require: insecureAcceptAnything\n`
    return join(user.write('policy', { 'trust.yaml': `default: reject\nrules:\n${free}${team}` }), 'trust.yaml')
  }
  const env = (key: string) => ({ env: { IBUILD_TRUST_POLICY: policy(key) } })
  const keys = (await signer.ok(['trust', 'key', 'list', '--json'])).stdout
  const target = (JSON.parse(keys) as { id: string; role: string }[]).find(({ role }) => role === 'targets')?.id ?? ''
  await user.ok(['pull', `${name}:1`], env(target))
  const other = await user.ibuild(['pull', `${name}:1`], env('ab'.repeat(32)))
  t.deepEqual([other.code, /0 of the 1 keys that the policy names.*\[TRUST_SIGNERS\]/.test(other.stderr)], [3, true])
  await user.ok(['pull', `${registry.host}/free/app:1`], env(target))
  const rest = await user.ibuild(['pull', `${registry.host}/rest/app:1`], env(target))
  t.deepEqual([rest.code, /\[TRUST_POLICY\]/.test(rest.stderr)], [3, true])
})

test.serial('a trust server that is away refuses all, unless the policy takes what was last known good', async (t) => {
  const { signer, user, name } = await sceneOf(t, 'team/away')
  await push(signer, 'good', [`${name}:1`], '--sign')
  await user.ok(['pull', '--verify', `${name}:1`])
  const policy = (what: string) =>
    join(
      user.write(what, { 'p.yaml': `default:\n  notary: {root: {firstUse: true}, unreachable: ${what}}\n` }),
      'p.yaml',
    )
  const away = { DOCKER_CONTENT_TRUST_SERVER: 'https://127.0.0.1:1' }
  const strict = await user.ibuild(['pull', '--trust-policy', policy('refuse'), `${name}:1`], { env: away })
  t.deepEqual([strict.code, /\[TRUST_UNREACHABLE\]/.test(strict.stderr)], [3, true])
  await user.ok(['pull', '--trust-policy', policy('lastKnownGood'), `${name}:1`], { env: away })
})
