import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { requireProgram } from '../testing/programs.ts'
import { runOk } from '../testing/run.ts'

/** The base images that the cases may name in FROM and --from. */
export interface BaseImages {
  /** An OCI image layout that holds all of them. */
  readonly layout: string
  /** Image name to manifest digest. */
  readonly digests: ReadonlyMap<string, string>
  /** An OCI archive of one of them. */
  archive(name: string): string
}

/** Makes the base images below `directory`, without any code of this project. Needs python3 and a static busybox. */
export async function makeBaseImages(directory: string): Promise<BaseImages> {
  mkdirSync(directory, { recursive: true })
  const script = join(import.meta.dirname, 'neutral/base.py')
  const { stdout } = await runOk('python3', [script, directory, requireProgram('busybox')])
  return {
    layout: join(directory, 'layout'),
    digests: new Map(Object.entries(JSON.parse(stdout) as Record<string, string>)),
    archive: (name) => join(directory, `${name}.tar`),
  }
}
