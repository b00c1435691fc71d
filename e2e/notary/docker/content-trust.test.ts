import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { missing, skipFor } from '../../testing/needs.ts'
import { runOk } from '../../testing/run.ts'
import { temporaryFolder } from '../../testing/temporary.ts'
import { type DockerTrust, type Person, startDockerTrust, withoutContentTrust } from '../testing/docker-trust.ts'

const stock = skipFor(test.serial, missing(['root', 'docker', 'dockerd']) ?? withoutContentTrust())

let started: Promise<DockerTrust> | undefined
const scene = (): Promise<DockerTrust> => (started ??= startDockerTrust())
test.after.always(async () => (await started)?.close())

const config = `
access:
  rules:
    - { repositories: ['team/**'], who: ['user:ann'], actions: [pull, push] }
    - { repositories: ['team/**'], who: ['user:bob'], actions: [pull] }
`
const passwords = { ann: 'password of ann', bob: 'password of bob' }

/** Gives the daemon an image of these names, each with another content. */
async function makeImages(t: { teardown(fn: () => void): void }, who: Person, names: readonly string[]): Promise<void> {
  const folder = temporaryFolder(t)
  for (const name of names) {
    writeFileSync(join(folder, 'name'), name)
    await runOk('tar', ['-C', folder, '-cf', join(folder, 'layer.tar'), 'name'])
    await who.docker('import', join(folder, 'layer.tar'), name)
  }
}

stock('docker signs what it pushes, and pulls what is signed', async (t) => {
  const { registry, person } = await scene()
  const image = `${registry}/team/signed`
  const alice = person()
  await makeImages(t, alice, [`${image}:v1`, `${image}:v2`, `${image}:v3`])
  const first = await alice.trusted('push', `${image}:v1`)
  t.regex(first, /Finished initializing "[^"]*team\/signed"/)
  t.regex(first, /Successfully signed \S+team\/signed:v1/)
  const next = await alice.trusted('push', `${image}:v2`)
  t.regex(next, /Successfully signed \S+team\/signed:v2/)
  t.notRegex(next, /initializing/)
  await alice.docker('push', `${image}:v3`)
  await alice.docker('image', 'rm', `${image}:v1`, `${image}:v2`, `${image}:v3`)

  const bob = person()
  const pull = await bob.trusted('pull', `${image}:v1`)
  t.regex(pull, /Pull \(1 of 1\): \S+team\/signed:v1@sha256:[0-9a-f]{64}/)
  t.regex(pull, /Tagging \S+@sha256:[0-9a-f]{64} as \S+team\/signed:v1/)
  t.regex(await bob.refused('pull', `${image}:v3`), /No valid trust data for v3/)
  t.regex(await bob.trusted('pull', '--all-tags', image), /Pull \(2 of 2\)/)
})

stock('docker refuses what nobody signed', async (t) => {
  const { registry, person } = await scene()
  const image = `${registry}/team/unsigned`
  const alice = person()
  await makeImages(t, alice, [`${image}:v1`])
  await alice.docker('push', `${image}:v1`)
  await alice.docker('image', 'rm', `${image}:v1`)
  t.regex(await alice.refused('pull', `${image}:v1`), /remote trust data does not exist for \S+team\/unsigned/)
  t.regex(await alice.docker('pull', `${image}:v1`), /Downloaded newer image/)
})

stock('signers are added, sign, are shown, and revoke', async (t) => {
  const { registry, person } = await scene()
  const image = `${registry}/team/signers`
  const [owner, bob] = [person(), person()]
  const folder = temporaryFolder(t)
  await makeImages(t, owner, [`${image}:v1`, `${image}:v2`])
  t.regex(
    await bob.trusted('trust', 'key', 'generate', 'bob', '--dir', folder),
    /Successfully generated and loaded private key/,
  )
  const added = await owner.trusted('trust', 'signer', 'add', '--key', join(folder, 'bob.pub'), 'bob', image)
  t.regex(added, /Successfully initialized|Successfully added signer: bob/)
  t.regex(await bob.trusted('trust', 'sign', `${image}:v1`), /Successfully signed \S+team\/signers:v1/)
  const shown = await owner.trusted('trust', 'inspect', '--pretty', image)
  t.regex(shown, /v1\s+[0-9a-f]{64}\s+bob/)
  t.regex(shown, /List of signers and their keys[^]*bob\s+[0-9a-f]{12}/)
  t.regex(shown, /Administrative keys[^]*Repository Key:\s+[0-9a-f]{64}[^]*Root Key:\s+[0-9a-f]{64}/)
  const [json] = JSON.parse(await person().trusted('trust', 'inspect', image)) as [
    { SignedTags: { SignedTag: string; Signers: string[] }[] },
  ]
  t.deepEqual(
    json.SignedTags.map(({ SignedTag, Signers }) => [SignedTag, Signers]),
    [['v1', ['bob']]],
  )
  await owner.docker('image', 'rm', `${image}:v1`)
  t.regex(await person().trusted('pull', `${image}:v1`), /Tagging/)
  t.regex(
    await bob.trusted('trust', 'revoke', '--yes', `${image}:v1`),
    /Successfully deleted signature for \S+team\/signers:v1/,
  )
  t.regex(await person().refused('pull', `${image}:v1`), /No valid trust data for v1/)
})

stock('docker shows the notary who it is with what it knows of the registry', async (t) => {
  const { registry, person, close } = await startDockerTrust({ config, passwords })
  t.teardown(close)
  const image = `${registry}/team/guarded`
  const ann = person(`ann:${passwords.ann}`)
  await makeImages(t, ann, [`${image}:v1`, `${image}:v2`])
  t.regex(await ann.trusted('push', `${image}:v1`), /Successfully signed \S+team\/guarded:v1/)
  await ann.docker('image', 'rm', `${image}:v1`)
  const bob = person(`bob:${passwords.bob}`)
  t.regex(await bob.trusted('pull', `${image}:v1`), /Tagging \S+team\/guarded@sha256/)
  t.regex(await person().refused('pull', `${image}:v1`), /unauthorized|not authorized|denied|authorized/i)
})
