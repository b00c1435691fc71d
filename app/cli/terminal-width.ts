/** Places in a line of the terminal; undefined where stdout is none, and lines are as long as they are. */
export function terminalWidth(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns : undefined
}
