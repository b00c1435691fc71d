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
  const { code, stdout } = await who.ibuild(['index', 'inspect', name])
  return code === 0 ? /"digest": "(sha256:\w+)"/.exec(stdout)?.[1] : undefined
}

const namesOf = async (who: Person): Promise<string> => (await who.ok(['images', '-q'])).stdout

/** A command that has to be refused with exit code 3, and what it said. */
async function refused(t: ExecutionContext, who: Person, ...args: readonly string[]): Promise<string> {
  const { code, stderr, stdout } = await who.ibuild(args)
  t.is(code, 3, stderr + stdout)
  return stderr
}

test('what is signed is pulled, and what is not is refused and leaves nothing', async (t) => {
  const { signer, user, name } = await sceneOf(t, 'team/signed')
  const digest = await push(signer, 'one', [`${name}:1`, `${name}:also`], '--sign')
  await push(signer, 'two', [`${name}:2`])
  for (const tag of ['1', 'also']) {
    const { stdout } = await user.ok(['pull', '--verify', `${name}:${tag}`])
    t.true(stdout.startsWith(`Digest: ${digest}\n`), stdout)
  }
  const before = await namesOf(user)
  const told = await refused(t, user, 'pull', '--verify', `${name}:2`)
  t.regex(told, /:2 is not signed by targets\/releases or targets \[TRUST_NOT_SIGNED\]/)
  t.regex(told, /hint: .*ibuild trust sign .*:2/)
  t.regex(await refused(t, user, 'pull', '--verify', `${name}-none:1`), /no collection of this name \[TRUST_NO_DATA\]/)
  t.is(await namesOf(user), before)
  await user.ok(['pull', '--no-verify', `${name}:2`], { env: { IBUILD_TRUST: '1' } })
})

test('the registry is not asked what a signed tag means', async (t) => {
  const { signer, user, name } = await sceneOf(t, 'team/moved')
  const digest = await push(signer, 'good', [`${name}:1`], '--sign')
  const evil = await push(signer, 'evil', [`${name}:1`])
  t.not(evil, digest)
  const { stdout } = await user.ok(['pull', '--verify', `${name}:1`])
  t.true(stdout.startsWith(`Digest: ${digest}\n`), stdout)
  const plain = await user.ok(['pull', `${name}:1`])
  t.true(plain.stdout.startsWith(`Digest: ${evil}\n`), 'without trust it is what the registry says')
})

test('what a registry gives in the place of what was signed is refused, and leaves nothing', async (t) => {
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
  t.is(await namesOf(user), '')
  registry.tellTruth()
  await user.ok(['pull', '--verify', `${name}:1`])
})
