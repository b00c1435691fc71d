import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Daemon, startDaemon } from '../../testing/daemon.ts'
import { requireProgram } from '../../testing/programs.ts'

const example = join(import.meta.dirname, '../../../packaging/nginx/ibuild.conf')

export interface NginxOptions {
  /** Folder with server.crt, server.key and ca.crt. */
  readonly tls: string
  /** `127.0.0.1:PORT`, and the port that nginx has for it. */
  readonly registry: { readonly at: string; readonly port: number }
  readonly notary: { readonly at: string; readonly port: number }
  /** True when it answers there. */
  readonly ready: () => Promise<boolean>
}

/** Starts nginx with the configuration of packaging/nginx, other ports and certificates alone changed. Needs root. */
export async function startNginx(directory: string, options: NginxOptions): Promise<Daemon> {
  mkdirSync(directory, { recursive: true })
  const { tls, registry, notary, ready } = options
  const servers = readFileSync(example, 'utf8')
    .replace('server 127.0.0.1:5000;', `server ${registry.at};`)
    .replace('server 127.0.0.1:4443;', `server ${notary.at};`)
    .replace('listen 443 ssl;', `listen 127.0.0.1:${registry.port} ssl;`)
    .replace('listen 4443 ssl;', `listen 127.0.0.1:${notary.port} ssl;`)
    .replaceAll('/etc/nginx/tls/registry.', `${join(tls, 'server')}.`)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(directory, name)};`,
  )
  const text = [
    'user root;',
    'worker_processes 1;',
    `pid ${join(directory, 'pid')};`,
    'error_log stderr warn;',
    'events {}',
    'http {',
    'access_log off;',
    ...temporary,
    servers,
    '}',
  ]
  const file = join(directory, 'nginx.conf')
  writeFileSync(file, `${text.join('\n')}\n`)
  const args = ['-c', file, '-p', directory, '-g', 'daemon off;']
  return startDaemon({ program: requireProgram('nginx'), args, directory, privateFolders: [], ready })
}
