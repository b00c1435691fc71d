import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

interface Turn {
  current: ServerResponse | undefined
  readonly waiting: (readonly [IncomingMessage, ServerResponse])[]
}

const turns = new WeakMap<Duplex, Turn>()

/** The answer that a connection is about, if any: while its head is sent, nothing else may be written there. */
export function currentResponse(socket: Duplex): ServerResponse | undefined {
  return turns.get(socket)?.current
}

/**
 * Hands on the requests of a connection one after the other. A client may send many without waiting for answers; done at once
 * they would fill the memory with answers that wait for their turn. Beyond `most` that wait the connection is cut.
 */
export function inTurn(listener: RequestListener, most: number): RequestListener {
  const begin = (turn: Turn, message: IncomingMessage, response: ServerResponse): void => {
    turn.current = response
    response.once('close', () => next(turn, message))
    listener(message, response)
  }
  const next = (turn: Turn, { socket }: IncomingMessage): void => {
    turn.current = undefined
    const following = turn.waiting.shift()
    if (following !== undefined && !socket.destroyed && socket.writable) begin(turn, ...following)
  }
  return (message, response) => {
    const turn = turns.get(message.socket) ?? { current: undefined, waiting: [] }
    turns.set(message.socket, turn)
    if (turn.current === undefined) begin(turn, message, response)
    else if (turn.waiting.length < most) turn.waiting.push([message, response])
    else message.socket.destroy()
  }
}
