import { documentOf, lineBytesOf, linesOf } from './answers.ts'
import * as documents from './document-shapes.ts'
import { explanation, previewLine } from './item-shapes.ts'
import { list, type Shape } from './shape.ts'
import type { GcRequest, GcTransport } from './transport.ts'

export interface Call extends Omit<GcRequest, 'target'> {
  /** Behind that of the source. */
  readonly path: string
}

/** Calls of one source. Errors: those that are answered, and those of the transport. */
export interface Calls {
  get<T>(path: string, shape: Shape<T>): Promise<T>
  send<T>(call: Call, shape: Shape<T>): Promise<T>
  lines<T>(call: Call, shape: Shape<T>): AsyncGenerator<readonly T[]>
  /** The same as bytes. */
  lineBytes(call: Call, shape: Shape<unknown>): AsyncGenerator<Uint8Array>
}

/** What is answered. */
export const shapes = {
  nothing: { schema: {}, read: () => undefined } satisfies Shape<undefined>,
  policy: documents.policyVersion,
  versions: list(documents.policyHead),
  check: documents.policyCheck,
  status: documents.status,
  preview: previewLine,
  plan: documents.plan,
  plans: list(documents.plan),
  planned: documents.plannedItem,
  run: documents.run,
  runs: list(documents.run),
  trash: list(documents.trashEntry),
  explanation,
  audit: documents.auditLine,
  undo: documents.undoReport,
  purge: documents.purgeReport,
}

export function createCalls(transport: GcTransport, prefix: string): Calls {
  const send: Calls['send'] = async ({ path, ...call }, shape) =>
    documentOf(await transport.send({ ...call, target: `${prefix}${path}` }), shape)
  const asking =
    ({ path, ...call }: Call) =>
    async () =>
      transport.send({ ...call, isLong: true, target: `${prefix}${path}` })
  return {
    get: async (path, shape) => send({ method: 'GET', path }, shape),
    send,
    lines: (call, shape) => linesOf(asking(call), shape),
    lineBytes: (call, shape) => lineBytesOf(asking(call), shape),
  }
}

/** A query of what is defined, with its question mark. */
export function query(values: Readonly<Record<string, string | number | undefined>>): string {
  const found = Object.entries(values).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  )
  return found.length === 0 ? '' : `?${new URLSearchParams(found).toString()}`
}
