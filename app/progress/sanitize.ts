/**
 * Text of a build as it may be shown: control characters are dropped (a step must not move the cursor or retitle the
 * terminal), of a line that overwrites itself with carriage returns only the last state stays, and a byte of a name that is no
 * text, which is kept as a lone surrogate, becomes `\xNN`.
 */
export function sanitize(line: string): string {
  const last = line.replace(/\r+$/, '').split('\r').at(-1) ?? ''
  return last
    .replace(/\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|.)/g, '')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
    .replace(/[\udc80-\udcff]/gu, (byte) => `\\x${(byte.charCodeAt(0) - 0xdc00).toString(16)}`)
}
