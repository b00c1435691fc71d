import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startReferenceServer } from '../../e2e/notary/testing/reference-server.ts'
import { runOk } from '../../e2e/testing/run.ts'
import { startServer } from '../../e2e/testing/serve.ts'
import type { ContenderOptions, ServerContender } from '../servers/row.ts'

/** A signing service on loopback: one process that speaks plain HTTP and one that speaks TLS, each with what it keeps. */
export interface NotaryContender extends ServerContender {
  readonly name: NotaryName
  /** `http://127.0.0.1:PORT`. */
  readonly plain: string
  /** `https://localhost:PORT`. */
  readonly tls: string
  /** What vouches for its certificate, PEM. */
  readonly ca: string
}

export type NotaryName = 'ibuild' | 'notary-server'

export const notaryNames: readonly NotaryName[] = ['ibuild', 'notary-server']

export function startNotary(name: NotaryName, options: ContenderOptions): Promise<NotaryContender> {
  return name === 'ibuild' ? startOurs(options) : startReference(options)
}

async function startOurs({ root, program, env = {} }: ContenderOptions): Promise<NotaryContender> {
  await using running = new AsyncDisposableStack()
  const start = async (kind: string, args: readonly string[]): Promise<string> => {
    const words = ['--root', join(root, kind), '--listen', '127.0.0.1:0', ...args]
    const server = await startServer(words, { ibuild: [program], command: ['notary', 'serve'], env })
    running.defer(async () => void (await server.stop()))
    return server.url
  }
  const plain = await start('plain', ['--tls', 'off'])
  const tls = await start('tls', [])
  const version = `${(await runOk(program, ['--version'])).stdout.trim()}, Node ${process.versions.node}`
  const ca = readFileSync(join(root, 'tls/notary/tls/ca.crt'), 'utf8')
  return owning(running, { name: 'ibuild', version, plain, tls: tls.replace('127.0.0.1', 'localhost'), ca })
}

async function startReference({ root }: ContenderOptions): Promise<NotaryContender> {
  await using running = new AsyncDisposableStack()
  const plain = running.adopt(await startReferenceServer(join(root, 'plain'), { isTls: false }), (one) => one.close())
  const tls = running.adopt(await startReferenceServer(join(root, 'tls')), (one) => one.close())
  const ca = readFileSync(tls.authority, 'utf8')
  const version = (await runOk('dpkg-query', ['-W', '-f', 'notary-server ${Version}, in memory', 'notary'])).stdout
  return owning(running, { name: 'notary-server', version, plain: plain.url, tls: tls.url, ca })
}

function owning(
  running: AsyncDisposableStack,
  contender: Omit<NotaryContender, keyof AsyncDisposable>,
): NotaryContender {
  const owned = running.move()
  return { ...contender, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
