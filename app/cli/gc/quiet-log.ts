import { printNotice } from '../registry-client.ts'

/** What is done is told by the command itself, and what failed by its error. */
export const quietLog = { info: (): void => {}, warn: printNotice, error: (): void => {} }
