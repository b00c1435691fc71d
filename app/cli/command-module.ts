/** A command: words after its name in, exit code out. Errors are thrown; the caller prints them. */
export interface CommandModule {
  run(argv: readonly string[]): Promise<number>
}
