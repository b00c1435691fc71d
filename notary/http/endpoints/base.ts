import type { Methods } from '../endpoint.ts'
import { jsonReply } from '../reply.ts'

export const baseMethods: Methods<'base'> = {
  GET: () => ({ wish: { kind: 'base' }, run: () => jsonReply({}) }),
}
