import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { needs } from '../../testing/needs.ts'
import { requireProgram } from '../../testing/programs.ts'
import { runOk } from '../../testing/run.ts'
import { person, sharedTrust } from './testing/trust-scene.ts'

const servers = sharedTrust(test)
const key = (name: string): string => fileURLToPath(new URL(`../../../testdata/cosign/${name}`, import.meta.url))

needs(test, 'cosign')(
  'a policy lets in what cosign signed with a key, with its platforms, and nothing else',
  async (t) => {
    const { registry, ...shared } = await servers()
    const [ann, user] = [await person(t, { registry, ...shared }), await person(t, { registry, ...shared })]
    const name = `${registry.host}/team/cosign`
    const context = ann.write('context', { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
    await ann.ok(['build', '-q', '--push', '-t', `${name}:1`, '-t', `${name}:other`, context])
    await ann.ok(['index', 'create', `${name}:all`, `${name}:1`])
    const metadata = (await ann.ok(['index', 'inspect', '--json', `${name}:all`])).stdout
    const digest = /"digest": "(sha256:\w+)"/.exec(metadata)?.[1]
    const args = ['sign', '--key', key('cosign.key'), '--tlog-upload=false', '--use-signing-config=false', '-y']
    const env = { ...process.env, COSIGN_PASSWORD: 'pw', HOME: ann.folder }
    await runOk(requireProgram('cosign'), [...args, '--allow-insecure-registry', `${name}@${digest}`], { env })

    await ann.ok(['trust', 'key', 'generate', 'eve'])
    const folder = user.write('policy', {
      'cosign.yaml': 'default: {cosign: {keys: [cosign.pub]}}\n',
      'eve.yaml': 'default: {cosign: {keys: [eve.pub]}}\n',
      'both.yaml': 'default: {anyOf: [{notary: {root: {firstUse: true}}}, {cosign: {keys: [cosign.pub]}}]}\n',
    })
    copyFileSync(key('cosign.pub'), join(folder, 'cosign.pub'))
    copyFileSync(join(ann.folder, 'eve.pub'), join(folder, 'eve.pub'))
    const pull = (policy: string, tag: string) =>
      user.ibuild(['pull', '--trust-policy', join(folder, policy), `${name}:${tag}`])

    const good = await pull('cosign.yaml', 'all')
    t.is(good.code, 0, good.stderr)
    t.true(good.stdout.startsWith(`Digest: ${digest}\n`), good.stdout)
    t.is((await pull('both.yaml', 'all')).code, 0)
    const byEve = await pull('eve.yaml', 'all')
    t.deepEqual([byEve.code, /\[TRUST_\w+\]/.test(byEve.stderr)], [3, true], byEve.stderr)
    const child = await pull('cosign.yaml', '1')
    t.deepEqual([child.code, /\[TRUST_\w+\]/.test(child.stderr)], [3, true], child.stderr)
  },
)
