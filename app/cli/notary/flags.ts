import type { Source } from '../../../shared/config/read.ts'
import { type Command, collect, createParser } from '../arguments.ts'
import { type ServerFlags, settingsOfServerFlags } from '../serve/server-flags.ts'

/** The options of `ibuild notary serve`. */
export interface NotaryFlags extends ServerFlags {
  readonly insecureAnonymousPublish?: boolean
}

const help = `
Without any configuration the notary listens on 127.0.0.1:4443, for this machine alone, with a
certificate of its own CA: ROOT/notary/tls/ca.crt, which clients have to trust.
Flags come before variables (IBUILD_NOTARY_LISTEN for listen), and these before the file.
SIGHUP reads the file again; SIGTERM waits for requests that are there, a second one does not.
ibuild serve serves a registry and a notary in one process.`

/** A parser for `ibuild notary serve`. */
export function notaryParser(): Command {
  return createParser('notary serve', 'Serve trusted collections to docker trust, notary and ibuild trust')
    .option('--listen <host:port>', 'address to listen on; port 0 takes a free one (default: 127.0.0.1:4443)')
    .option('--config <file>', 'YAML file with the configuration (default: IBUILD_NOTARY_CONFIG)')
    .option('--check-config', 'print the configuration that would be in force, and do not serve')
    .option('--tls <mode>', 'off, files, or auto: an own CA and a certificate of it (default)')
    .option('--tls-name <name>', 'name or address that clients use, for --tls auto (repeat)', collect)
    .option('--tls-cert <file>', 'PEM file with the certificate, for --tls files')
    .option('--tls-key <file>', 'PEM file with its private key')
    .option('--insecure-plain-http', 'allow plain HTTP on an address that other machines reach')
    .option('--insecure-anonymous-publish', 'allow everyone who reaches the address to publish and delete')
    .option('--insecure-anonymous-metrics', 'allow everyone who reaches the address of --metrics-listen to read there')
    .option('--log-level <level>', 'error, warn, info or debug')
    .option('--log-format <format>', 'auto, json or text')
    .option('--metrics-listen <host:port>', 'address of its own for /metrics and the health')
    .addHelpText('after', help)
    .allowExcessArguments(false)
}

/** What the flags set of the configuration. */
export function settingsOfFlags(flags: NotaryFlags): Source {
  return settingsOfServerFlags(flags, [
    ['insecure.anonymousPublish', '--insecure-anonymous-publish', flags.insecureAnonymousPublish],
  ])
}
