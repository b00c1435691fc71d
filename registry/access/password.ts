/** bcrypt looks at no more; what else it was given would make no difference. */
const mostBytes = 72

/** What is wrong with a password, as the end of a sentence; undefined when nothing is. The password itself is not told. */
export function problemOfPassword(password: string): string | undefined {
  if (password === '') return 'is empty'
  if (!password.isWellFormed()) return 'is not text'
  if (/[\0-\x1f\x7f]/.test(password)) return 'has a control character, which HTTP cannot send'
  return Buffer.byteLength(password) > mostBytes
    ? `has more than ${mostBytes} bytes, beyond which bcrypt does not look`
    : undefined
}
