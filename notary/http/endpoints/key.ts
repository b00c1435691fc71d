import { keyJson } from '../../tuf/key.ts'
import type { PublicKey } from '../../tuf/types.ts'
import { callerOf, changedGun, type Methods } from '../endpoint.ts'
import { jsonReply, type Reply } from '../reply.ts'

export const keyMethods: Methods<'key'> = {
  GET: (_, { gun: text, role }) => {
    const gun = changedGun(text)
    return {
      wish: { kind: 'collection', gun, actions: ['pull', 'push'] },
      run: async ({ service }) => keyReply(await service.key(gun, role)),
    }
  },
  POST: (request, { gun: text, role }) => {
    const gun = changedGun(text)
    return {
      wish: { kind: 'collection', gun, actions: ['*'] },
      run: async ({ service }) => keyReply(await service.rotateKey(gun, role, callerOf(request))),
    }
  },
}

function keyReply(key: PublicKey): Reply {
  return jsonReply(keyJson(key))
}
