/** Bounds of what a backup has, for its writer and, as anybody may have made it, for its reader. Sizes in bytes. */
export const backupLimits = {
  /** Rows go into pieces of about this size at most, if one row is not larger. */
  piece: 4 * 2 ** 20,
  /** A piece of rows that is read: a row has 64 MiB at most, which as JSON may take twice as much. */
  largestPiece: 192 * 2 ** 20,
  /** Databases beside that of the registry. */
  databases: 64,
  /** A key of a row. */
  key: 4096,
  /** A small file, and all of them. */
  file: 4 * 2 ** 20,
  files: 64 * 2 ** 20,
  fileCount: 10_000,
  /** Head and manifest. */
  text: 256 * 2 ** 20,
} as const
