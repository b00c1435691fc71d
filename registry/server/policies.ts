import type { QuotaFor } from '../service/quota.ts'
import type { ImmutableBy } from '../service/tag-rules.ts'
import { immutableByRules } from './config/immutable.ts'
import { quotaByRules } from './config/quotas.ts'
import type { ServerConfig } from './config/schema.ts'

export interface Policies {
  readonly immutableBy: ImmutableBy
  readonly quotaFor: QuotaFor
}

/** What the configuration in force says of tags and of quotas; patterns are read once for each configuration. */
export function configuredPolicies(config: () => Pick<ServerConfig, 'tags' | 'quota'>): Policies {
  const immutable = remembered(immutableByRules)
  const quota = remembered(quotaByRules)
  return {
    immutableBy: (name) => immutable(config().tags.immutable)(name),
    quotaFor: (name) => quota(config().quota)(name),
  }
}

/** What was made of the last value. */
function remembered<Value, Made>(make: (value: Value) => Made): (value: Value) => Made {
  let last: { readonly value: Value; readonly made: Made } | undefined
  return (value) => {
    if (last?.value !== value) last = { value, made: make(value) }
    return last.made
  }
}
