import { randomUUID } from 'node:crypto'
import type { Requester } from '../../registry/service/occurrence.ts'

/** For what this process does in its registry by itself: nobody sent a request. Events tell who decided. */
export function ownRequester(actor: string, method = ''): Requester {
  const nowhere = { address: undefined, host: undefined, isEncrypted: false, agent: undefined }
  return { ...nowhere, id: randomUUID(), method, actor }
}
