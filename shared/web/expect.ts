import type { IncomingMessage, ServerResponse } from 'node:http'

/** Requests whose client waits to be told that it may send the body, and where it is told. */
const waiting = new WeakMap<IncomingMessage, ServerResponse>()

/** Notes a client that sent `Expect: 100-continue`: it is told to go on when somebody reads the body, and not when refused. */
export function noteExpectation(message: IncomingMessage, response: ServerResponse): void {
  waiting.set(message, response)
}

/** Lets the client send its body, if it waits for that. */
export function letContinue(message: IncomingMessage): void {
  const response = waiting.get(message)
  if (response === undefined) return
  waiting.delete(message)
  response.writeContinue()
}
