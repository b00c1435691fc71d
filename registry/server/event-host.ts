import { hostname } from 'node:os'
import type { Log } from '../../shared/log/log.ts'
import type { OutboxHost } from '../events/outbox.ts'
import type { RegistryService } from '../service/types.ts'

/** What the outbox gets of a server. */
export interface EventHost extends OutboxHost {
  /** Tells where the server listens, once it does. */
  listensAt(url: string): void
}

export function eventHost({ service }: { readonly service: RegistryService }, log: Log): EventHost {
  let address = hostname()
  return {
    housekeep: (work) => service.housekeep(work),
    log,
    address: () => address,
    listensAt: (url) => {
      const { port, protocol } = new URL(url)
      address = `${hostname()}:${port === '' ? (protocol === 'https:' ? 443 : 80) : port}`
    },
  }
}
