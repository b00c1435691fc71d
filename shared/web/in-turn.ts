import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

type Exchanged = readonly [message: IncomingMessage, response: ServerResponse]

interface Turn {
  current: Exchanged | undefined
  readonly waiting: Exchanged[]
  /** What to say when all that could be read is answered, because what came then could not be. */
  farewell: string | undefined
}

/** Milliseconds in which a client must take the last words to it. */
const farewellTime = 10_000

const turns = new WeakMap<Duplex, Turn>()

/**
 * Hands on the requests of a connection one after the other. A client may send many without waiting for answers; done at once
 * they would fill the memory with answers that wait for their turn. Beyond `most` that wait the connection is cut.
 */
export function inTurn(listener: RequestListener, most: number): RequestListener {
  const begin = (turn: Turn, exchanged: Exchanged): void => {
    const [message, response] = exchanged
    turn.current = exchanged
    response.once('close', () => next(turn, message.socket))
    listener(message, response)
  }
  const next = (turn: Turn, socket: Duplex): void => {
    turn.current = undefined
    const following = turn.waiting.shift()
    if (socket.destroyed || !socket.writable) return
    const isWhole = following?.[0].complete === true
    if (turn.farewell !== undefined && !isWhole) end(socket, turn.farewell)
    else if (following !== undefined) begin(turn, following)
  }
  return (message, response) => {
    const turn = turns.get(message.socket) ?? { current: undefined, waiting: [], farewell: undefined }
    turns.set(message.socket, turn)
    if (turn.current === undefined) begin(turn, [message, response])
    else if (turn.waiting.length < most) turn.waiting.push([message, response])
    else message.socket.destroy()
  }
}

/**
 * Ends a connection of which the rest cannot be read, with `farewell`, an HTTP message. Requests that came whole before that
 * are answered first. When it is the body of the one that is being answered, an answer that has begun is not disturbed.
 */
export function endUnreadable(socket: Duplex, farewell: string): void {
  const turn = turns.get(socket)
  const [message, response] = turn?.current ?? []
  if (turn !== undefined && message?.complete === true) turn.farewell ??= farewell
  else end(socket, response?.headersSent === true ? '' : farewell)
}

/** Who does not take the farewell is not waited for. */
function end(socket: Duplex, farewell: string): void {
  const timer = setTimeout(() => socket.destroy(), farewellTime).unref()
  socket.once('close', () => clearTimeout(timer)).end(farewell, () => socket.destroy())
}
