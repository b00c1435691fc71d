import type { Command } from '../arguments.ts'

/** Declares the flags that {@link VerifyFlags} are. */
export function declareVerifyFlags(parser: Command): Command {
  return parser
    .option('--verify', 'use only images that are signed (IBUILD_TRUST=1, DOCKER_CONTENT_TRUST=1)')
    .option('--no-verify', 'do not look at signatures (--disable-content-trust is the same)')
    .option('--trust-policy <path>', 'file that says what must be signed by whom (default: trust-policy.yaml)')
}

/** The words of a command line, with docker's flag as ours. */
export function withDockerTrust(argv: readonly string[]): string[] {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length
  return argv.map((word, i) => (i < end ? (dockerFlags.get(word) ?? word) : word))
}

const dockerFlags: ReadonlyMap<string, string> = new Map([
  ['--disable-content-trust', '--no-verify'],
  ['--disable-content-trust=true', '--no-verify'],
  ['--disable-content-trust=false', '--verify'],
])
