import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { fileMetaJson, fileMetaOf } from '../../../notary/tuf/file-meta.ts'
import { parseTargetsRole } from '../../../notary/tuf/role.ts'
import { newKey } from '../../../notary/tuf/testing/keys.ts'
import { badlySigned, expired, offsetVersion } from '../../../notary/tuf/testing/mutations.ts'
import { targetsIn } from '../../../notary/verifier/resolve.ts'
import { newStage, releases, type Stage } from '../../../notary/verifier/testing/attack.ts'
import { IbuildError, isIbuildError } from '../../../shared/base/errors.ts'
import { standIn, testAuthority } from '../../../shared/net/testing/stand-in.ts'
import { needs } from '../../testing/needs.ts'
import { temporaryFolder } from '../../testing/temporary.ts'
import { type StockClient, stockClient } from '../testing/stock-client.ts'

/** What each client makes of what a server shows, after both saw the third publish. */
interface Case {
  readonly name: string
  readonly serve: (stage: Stage) => Promise<unknown>
  /** `accepts`, and what it then lists; or `refuses`. */
  readonly stock: 'accepts' | 'refuses'
  /** A code, or nothing when it is accepted. */
  readonly ours?: string
  /** A name of a target that the stock client lists and that nobody may sign. */
  readonly lists?: string
}

const down = new Set<Stage>()
const serveAgain = async ({ collection, source }: Stage): Promise<void> =>
  source.serve(await collection.publish({ keepVersions: true }))
const evil = { hashes: { sha256: Buffer.alloc(32, 7).toString('base64') }, length: 1 }

const cases: readonly Case[] = [
  { name: 'the next publish', serve: (stage) => stage.publishNext(), stock: 'accepts' },
  {
    name: 'an old publish',
    serve: async (stage) => stage.source.serve(stage.history[0]),
    stock: 'refuses',
    ours: 'TRUST_ROLLBACK',
  },
  {
    name: 'a timestamp that expired',
    serve: async (stage) => {
      await stage.publishNext()
      expired.apply(stage.collection, 'timestamp')
      await serveAgain(stage)
    },
    stock: 'refuses',
    ours: 'TRUST_EXPIRED',
  },
  ...badlySigned.map(
    (mutation): Case => ({
      name: `targets with ${mutation.name}`,
      serve: async (stage) => {
        await stage.publishNext()
        mutation.apply(stage.collection, 'targets')
        await serveAgain(stage)
      },
      stock: 'refuses',
      ours: 'TRUST_SIGNATURES',
    }),
  ),
  {
    name: 'another snapshot under a timestamp of the same version (2)',
    serve: async (stage) => {
      await stage.publishNext()
      offsetVersion(-1).apply(stage.collection, 'timestamp')
      await serveAgain(stage)
    },
    stock: 'accepts',
    ours: 'TRUST_CHANGED',
  },
  {
    name: 'a snapshot that drops a delegation (5)',
    serve: async (stage) => {
      stage.collection.promise(releases, () => undefined)
      await stage.publishNext()
    },
    stock: 'accepts',
    ours: 'TRUST_ROLE_GONE',
  },
  {
    name: 'an error of the server (7)',
    serve: async (stage) => down.add(stage),
    stock: 'accepts',
    ours: 'TRUST_UNREACHABLE',
  },
  {
    name: 'a root two versions on, signed by the old and the new key (12)',
    serve: async (stage) => {
      stage.collection.rotate('root', [newKey('ecdsa-x509', { commonName: stage.gun })])
      await stage.publishNext()
      offsetVersion(1).apply(stage.collection, 'root')
      await serveAgain(stage)
      stage.source.files.delete('2.root.json')
    },
    stock: 'accepts',
    ours: 'TRUST_MISMATCH',
  },
  {
    name: 'new keys after versions that were set very high (14)',
    serve: async (stage) => {
      offsetVersion(500).apply(stage.collection, 'timestamp')
      await stage.publishNext()
      await both.get(stage)?.()
      offsetVersion(-500).apply(stage.collection, 'timestamp')
      stage.collection.rotate('timestamp', [newKey('ecdsa')])
      await stage.publishNext()
    },
    stock: 'refuses',
  },
  {
    name: 'targets in another case beside, signed',
    serve: async (stage) => {
      stage.collection.edit('targets', (json) => ({ ...json, TARGETS: { evil } }))
      await stage.publishNext()
    },
    stock: 'accepts',
    lists: 'evil',
    ours: 'TRUST_METADATA_INVALID',
  },
  {
    name: 'targets twice, the first ones signed by nobody',
    serve: async (stage) => {
      stage.collection.damage('targets', (bytes) =>
        Buffer.from(bytes.toString().replace('"targets":{', `"targets":{"evil":${JSON.stringify(evil)}},"targets":{`)),
      )
      await stage.publishNext()
    },
    stock: 'accepts',
    lists: 'evil',
    ours: 'TRUST_METADATA_INVALID',
  },
  {
    name: 'a target outside the paths of its delegation',
    serve: async (stage) => {
      stage.collection.delegate('targets/team', [newKey('ecdsa')], { paths: ['team-'] })
      stage.collection.addTarget('other', 'x', parseTargetsRole('targets/team'))
      await stage.publishNext()
    },
    stock: 'accepts',
  },
  {
    name: 'a snapshot that promises another root',
    serve: async (stage) => {
      const old = stage.history[0].files.get('root') ?? Buffer.of()
      stage.collection.promise('root', () => ({ ...fileMetaJson(fileMetaOf(old)), length: 1 }))
      await stage.publishNext()
    },
    stock: 'accepts',
    ours: 'TRUST_MISMATCH',
  },
]

/** Lets both clients of a stage look. */
const both = new Map<Stage, () => Promise<unknown>>()

async function stockFor(t: ExecutionContext, stage: Stage): Promise<StockClient> {
  const authority = testAuthority()
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'ca.crt'), authority.ca)
  const server = await standIn(
    t,
    (request, response) => {
      if (request.url === '/v2/') return response.end('{}')
      if (down.has(stage)) return response.writeHead(500).end()
      const bytes = stage.source.files.get(decodeURIComponent(request.url?.split('/_trust/tuf/')[1] ?? ''))
      return bytes === undefined ? response.writeHead(404).end('{}') : response.end(bytes)
    },
    { tls: authority.issue('localhost', '127.0.0.1') },
  )
  return stockClient(
    { url: `https://localhost:${server.port}`, authority: join(folder, 'ca.crt') },
    join(folder, 'trust'),
  )
}

/** Names that our client gets out of the collection, or the code with which it refuses it. */
async function look(stage: Stage): Promise<readonly string[] | string> {
  try {
    const seen = await stage.refresh()
    return [...seen.targets.keys()].flatMap((role) => targetsIn(seen, role).map(({ name }) => name))
  } catch (error) {
    return isIbuildError(error) ? error.code : String(error)
  }
}

for (const { name, serve, stock, ours, lists } of cases) {
  needs(test.serial, 'notary')(
    `${name}: the stock client ${stock} it, ours ${ours === undefined ? 'accepts it' : `refuses it with ${ours}`}`,
    async (t) => {
      const stage = await newStage('cached')
      const client = await stockFor(t, stage)
      const list = (): Promise<{ readonly code: number; readonly text: string }> => client.try('list', stage.gun)
      t.is((await list()).code, 0)
      both.set(stage, async () => [await list(), await look(stage)])
      await serve(stage)
      if (down.has(stage))
        stage.source.answer = () => Promise.reject(new IbuildError('TRUST_UNREACHABLE', 'status 500'))
      const { code, text } = await list()
      t.is(code === 0 ? 'accepts' : 'refuses', stock, text)
      if (lists !== undefined) t.regex(text, new RegExp(`^${lists} `, 'm'))
      const found = await look(stage)
      if (ours !== undefined) return void t.is(found, ours)
      t.true(Array.isArray(found), String(found))
      if (stock === 'refuses' || !Array.isArray(found)) return
      const listed = text.split('\n').flatMap((line) => /^(\S+) +[0-9a-f]{64} /.exec(line)?.[1] ?? [])
      t.deepEqual(inOrder(found), inOrder(listed))
    },
  )
}

function inOrder(names: readonly string[]): readonly string[] {
  return [...new Set(names)].toSorted((a, b) => (a < b ? -1 : 1))
}
