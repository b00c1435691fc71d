import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestFn } from 'ava'
import { startNotary } from './ibuild-server.ts'
import { startReferenceServer } from './reference-server.ts'
import type { TrustServer } from './trust-server.ts'

/** A server that the tests of a file share. */
export interface SharedServer {
  readonly title: 'ibuild' | 'reference'
  /** What it needs to be there. */
  readonly needed: readonly string[]
  /** Starts it with the first call. */
  readonly server: () => Promise<TrustServer>
}

/** Ours and the reference, without authentication; both end with the file of tests. */
export function sharedServers({ after }: Pick<TestFn, 'after'>): readonly SharedServer[] {
  return [
    shared('reference', ['root', 'notary-server'], startReferenceServer, after),
    shared('ibuild', [], startNotary, after),
  ]
}

function shared(
  title: SharedServer['title'],
  needed: readonly string[],
  start: (directory: string) => Promise<TrustServer>,
  after: TestFn['after'],
): SharedServer {
  const folder = mkdtempSync(join(tmpdir(), 'ibuild-test-'))
  let started: Promise<TrustServer> | undefined
  after.always(`stop ${title}`, async () => {
    await (await started)?.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { title, needed, server: () => (started ??= start(join(folder, 'server'))) }
}
