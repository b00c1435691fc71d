import type { Authorize } from '../http/authorize.ts'
import { RegistryError } from '../protocol/error.ts'
import type { Route } from '../protocol/route.ts'
import type { ServerConfig } from './config/schema.ts'

/** What the server is about, as far as it decides on requests; read for each of them. */
export interface RuleState {
  readonly inForce: { readonly config: Pick<ServerConfig, 'delete'> }
  readonly isDraining: boolean
}

const retryAfter = { 'Retry-After': '30' }
const reading = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Decides on requests by the configuration, then asks `next`. */
export function withRules(state: RuleState, next: Authorize): Authorize {
  return (request, wish) => {
    const refusal = refusalOf(request, state)
    if (refusal !== undefined) throw refusal
    return next(request, wish)
  }
}

/** What is refused whoever asks; undefined when nothing is. */
function refusalOf(
  { method, route }: { readonly method: string; readonly route: Route },
  { inForce, isDraining }: RuleState,
): RegistryError | undefined {
  if (reading.has(method)) return undefined
  if (isDraining && method === 'POST' && route.kind === 'uploads') {
    return new RegistryError('UNAVAILABLE', 'the registry is shutting down: try again', { headers: retryAfter })
  }
  const isDeletion = method === 'DELETE' && (route.kind === 'manifest' || route.kind === 'blob')
  return isDeletion && !inForce.config.delete.enabled
    ? new RegistryError('UNSUPPORTED', 'nothing can be deleted here: the configuration says delete.enabled: false', {
        headers: { Allow: route.kind === 'manifest' ? 'HEAD, GET, PUT' : 'HEAD, GET' },
      })
    : undefined
}
