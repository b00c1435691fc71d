import { settingsInEnvironment } from '../../../shared/config/environment.ts'
import type { Source } from '../../../shared/config/read.ts'
import { serverSchema } from './schema.ts'

const names = { prefix: 'IBUILD_REGISTRY_', short: new Map([['gc.delay', 'IBUILD_GC_DELAY']]) }

/** Settings of environment variables. An empty one counts as not set; one for a key that there is not is a problem. */
export function settingsOfEnvironment(env: Readonly<Record<string, string | undefined>>): Source {
  return settingsInEnvironment(serverSchema, env, names)
}
