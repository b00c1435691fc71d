import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { registryLayout } from '../../registry/storage/layout.ts'
import { Wire } from '../registry/conformance/wire.ts'
import { run } from '../testing/run.ts'
import { ibuildScript } from '../testing/workspace.ts'
import { Asker, type Asks, told } from './asker.ts'
import { faultsIn, type Tally } from './counts.ts'
import { listReferrers, listTags, lookAtShared } from './look.ts'
import { pullImage } from './pull.ts'
import type { SoakServer } from './server.ts'

/** What there is when nobody pushes any more and all garbage is collected. */
export interface AtTheEnd {
  readonly repositories: number
  readonly tags: number
  /** Blobs and manifests on the disk, and their bytes. */
  readonly blobs: number
  readonly bytes: number
  /** Of these, those that no tag leads to. */
  readonly unused: number
  /** What `ibuild registry fsck --deep` found. */
  readonly findings: number
}

/** Milliseconds until nothing may be left to collect. */
const patience = 120_000

/**
 * Pulls what every tag leads to; stops the server, starts it anew, and sees that the same tags are there; collects all that can be
 * collected, and holds what is left on the disk against what the tags lead to.
 */
export async function lookAtTheEnd(
  server: SoakServer,
  { root, isKilled = false }: { readonly root: string; readonly isKilled?: boolean | undefined },
  tally: Tally,
): Promise<AtTheEnd> {
  const before = await walk(server, tally)
  const ended = await server.stop()
  if (ended !== 0) tally.fail('errors', `the server ended with ${ended}`)
  await server.start()
  const after = await walk(server, tally)
  for (const tag of before.tags) if (!after.tags.has(tag)) tally.fail('lost', `${tag} is gone after a restart`)
  for (const tag of after.tags) if (!before.tags.has(tag)) tally.fail('errors', `${tag} is there again after a restart`)
  if (!(await server.collectAll(patience))) tally.fail('errors', 'there is always something left to collect')
  await server.stop()
  const stored = storedIn(root)
  const unused = [...stored.keys()].filter((digest) => !after.digests.has(digest))
  // Of what is broken nobody knows what it leads to.
  if (faultsIn(tally.counts) === 0)
    for (const digest of unused) tally.fail('errors', `${digest} is stored, and no tag leads to it`)
  const findings = await fsck(root)
  const isFault = ({ severity }: Finding): boolean => !isKilled || severity !== 'leftover' // a killed server may leave such
  for (const finding of findings.filter(isFault)) tally.fail('errors', `fsck: ${JSON.stringify(finding)}`)
  const bytes = [...stored.values()].reduce((sum, size) => sum + size, 0)
  return {
    repositories: after.repositories,
    tags: after.tags.size,
    blobs: stored.size,
    bytes,
    unused: unused.length,
    findings: findings.length,
  }
}

interface Walked {
  readonly repositories: number
  /** `REPOSITORY:TAG DIGEST` */
  readonly tags: ReadonlySet<string>
  /** All that they lead to, referrers too. */
  readonly digests: ReadonlySet<string>
}

async function walk(server: SoakServer, tally: Tally): Promise<Walked> {
  const wire = new Wire(server.base)
  const asker = new Asker(wire)
  const [tags, digests] = [new Set<string>(), new Set<string>()]
  const repositories = await listRepositories(asker)
  for (const repository of repositories) {
    for (const tag of await listTags(asker, repository)) {
      const { manifests, blobs } = await lookAtShared(asker, tally, { repository, tag })
      tags.add(`${repository}:${tag} ${manifests[0]}`)
      for (const digest of [...manifests, ...blobs]) digests.add(digest)
      for (const digest of manifests) await addReferrers(asker, tally, { repository, digest, digests })
    }
  }
  wire.close()
  return { repositories: repositories.length, tags, digests }
}

async function addReferrers(
  asker: Asks,
  tally: Tally,
  { repository, digest, digests }: { repository: string; digest: string; digests: Set<string> },
): Promise<void> {
  for (const referrer of await listReferrers(asker, repository, digest)) {
    const pulled = await pullImage(asker, repository, referrer)
    if (pulled.kind !== 'whole') tally.fail('lost', `${repository}: referrer ${referrer} is ${pulled.kind}`)
    else for (const each of [...pulled.manifests, ...pulled.blobs]) digests.add(each)
    await addReferrers(asker, tally, { repository, digest: referrer, digests })
  }
}

async function listRepositories(asker: Asks): Promise<string[]> {
  const found: string[] = []
  for (;;) {
    const answer = await asker.ask('GET', `/v2/_catalog?n=1000&last=${found.at(-1) ?? ''}`)
    if (answer.status !== 200) throw new Error(told(answer))
    const { repositories } = JSON.parse(answer.body.toString()) as { readonly repositories: readonly string[] }
    if (repositories.length === 0) return found
    found.push(...repositories)
  }
}

/** Sizes of all files of blobs, by their digests. */
function storedIn(root: string): ReadonlyMap<string, number> {
  const { blobs } = registryLayout(root)
  const files = readdirSync(blobs, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return new Map(
    files.map(({ parentPath, name }) => {
      const [algorithm] = parentPath.slice(blobs.length + 1).split('/')
      return [`${algorithm}:${name}`, statSync(join(parentPath, name)).size]
    }),
  )
}

interface Finding {
  readonly severity: string
}

async function fsck(root: string): Promise<readonly Finding[]> {
  const args = ['registry', 'fsck', '--deep', '--json', '--root', root]
  const { stdout, stderr } = await run(process.execPath, [ibuildScript, ...args])
  if (stdout === '') throw new Error(`fsck: ${stderr}`)
  return (JSON.parse(stdout) as { readonly findings: readonly Finding[] }).findings
}
