import type { Log } from '../../shared/log/log.ts'

/** Work that reads the configuration again; the log says what it changed, or that the old one stays. Errors: those of `work`. */
export async function toldReload<Report extends object>(log: Log, work: () => Promise<Report>): Promise<Report> {
  try {
    const report = await work()
    log.info('the configuration was read again', Object.fromEntries(Object.entries(report)))
    return report
  } catch (error) {
    log.error('the configuration stays as it was: the new one cannot be used', { error })
    throw error
  }
}

/** Stops servers side by side, as the log says; resolves to the exit code. */
export async function toldStop(
  log: Log,
  servers: readonly { readonly stop: () => Promise<boolean> }[],
): Promise<number> {
  log.info('stopping: no new connections, waiting for requests that are there')
  const ends = await Promise.all(servers.map((server) => server.stop()))
  if (ends.every((isComplete) => isComplete)) log.info('stopped')
  else log.warn('stopped: requests were cut off that did not come to their end in time')
  return 0
}
