import { userInfo } from 'node:os'

/** Who asks, for history and audit: the user of this process. One without a name is told by its number. */
export function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
