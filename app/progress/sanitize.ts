/**
 * Text of a build as it may be shown: control characters are dropped (a step must not move the cursor or retitle the
 * terminal), and of a line that overwrites itself with carriage returns only the last state stays.
 */
export function sanitize(line: string): string {
  const last = line.replace(/\r+$/, '').split('\r').at(-1) ?? ''
  return last
    .replace(/\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|.)/g, '')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
}
