/**
 * Loads what TLS needs. From then on Node reads the certificates that NODE_EXTRA_CA_CERTS names in a thread of its own, and the first
 * connection waits for them: who knows early that there will be one calls this early.
 */
export function beginTls(): void {
  process.getBuiltinModule('node:tls')
}
