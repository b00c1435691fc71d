/** What is told of bytes that move from or to a registry. */
export type TransferEvent =
  | {
      readonly type: 'transfer-started'
      /** The same in all events of one transfer; 1 for the first. */
      readonly transfer: number
      readonly title: string
      /** Bytes that will move, as far as known. */
      readonly total?: number
    }
  /** At most ten times a second of each transfer. After a connection broke `done` may be less than before. */
  | { readonly type: 'transfer-progress'; readonly transfer: number; readonly done: number }
  /** Also of what need not move; then nothing was told of it before. */
  | {
      readonly type: 'transfer-done'
      readonly transfer: number
      readonly title: string
      /** A word or two for people: `pulled`, `already there`, `mounted from team/base`. */
      readonly result: string
      /** That moved. */
      readonly bytes: number
      /** Milliseconds. */
      readonly elapsed: number
    }
  | { readonly type: 'transfer-failed'; readonly transfer: number; readonly title: string; readonly elapsed: number }

/** Is told what goes on. */
export type EmitTransfer = (event: TransferEvent) => void
