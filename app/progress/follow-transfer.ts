import type { TransferEvent } from '../../builder/transfer-events.ts'
import { formatSize } from '../cli/sizes.ts'
import { sanitize } from './sanitize.ts'

/** A transfer that goes on. The title is sanitized. */
export interface RunningTransfer {
  readonly title: string
  readonly total: number | undefined
  done: number
}

/** Transfers that go on, by their number; kept by {@link followTransfer}. */
export type RunningTransfers = Map<number, RunningTransfer>

/** Takes an event in; gives the line that tells of an end. */
export function followTransfer(event: TransferEvent, running: RunningTransfers): string | undefined {
  switch (event.type) {
    case 'transfer-started':
      running.set(event.transfer, { title: sanitize(event.title), total: event.total, done: 0 })
      return undefined
    case 'transfer-progress': {
      const transfer = running.get(event.transfer)
      if (transfer !== undefined) transfer.done = event.done
      return undefined
    }
    case 'transfer-done':
      running.delete(event.transfer)
      return `${sanitize(event.title)}: ${sanitize(event.result)}${amount(event)}`
    case 'transfer-failed':
      running.delete(event.transfer)
      return `${sanitize(event.title)}: failed after ${seconds(event.elapsed)}`
  }
}

function amount({ bytes, elapsed }: Extract<TransferEvent, { type: 'transfer-done' }>): string {
  return bytes === 0 ? '' : ` ${formatSize(bytes)} in ${seconds(elapsed)}`
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)}s`
}
