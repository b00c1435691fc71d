import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { parse } from 'yaml'
import { createSlots } from '../../../shared/base/slots.ts'
import { makeWorkspace } from '../../testing/workspace.ts'
import { adminCall, pushBlob, statusOf } from './client.ts'
import { startServing } from './serving.ts'

test('--check-config prints what would be in force: flags before variables before the file', async (t) => {
  const workspace = await makeWorkspace(t)
  const { root } = workspace
  const folder = workspace.write('etc', {
    'r.yml': 'listen: 127.0.0.1:1\nlog: { level: warn, format: json }\nlimits: { keepAlive: 3s, headerSize: 1MiB }\n',
  })
  const env = { IBUILD_REGISTRY_LIMITS_KEEP_ALIVE: '2m', IBUILD_REGISTRY_LOG_LEVEL: 'debug' }
  const args = ['serve', '--check-config', '--config', join(folder, 'r.yml'), '--log-level', 'error']
  const { stdout, stderr } = await workspace.ok(args, { env })
  t.is(stderr, '')
  const { listen, root: shown, log, limits } = parse(stdout) as Record<string, object>
  t.deepEqual<unknown, unknown>(listen, '127.0.0.1:1')
  t.deepEqual<unknown, unknown>(shown, root)
  t.like(log, { level: 'error', format: 'json' })
  t.like(limits, { keepAlive: '2m', headerSize: '1MiB' })
})

test('what --check-config prints is a configuration that gives the same', async (t) => {
  const workspace = await makeWorkspace(t)
  const first = await workspace.ok(['serve', '--check-config', '--listen', '127.0.0.1:7', '--read-only'])
  const folder = workspace.write('etc', { 'r.yml': first.stdout })
  t.is((await workspace.ok(['serve', '--check-config', '--config', join(folder, 'r.yml')])).stdout, first.stdout)
})

const wrong: readonly [title: string, file: string | undefined, args: string[], code: number, error: RegExp][] = [
  [
    'an unknown key',
    'limits: { conections: 3 }',
    [],
    2,
    /r\.yml: limits\.conections: there is no such key; did you mean limits\.connections\?/,
  ],
  ['bad YAML', 'listen: [', [], 2, /r\.yml: .*at line 1/s],
  ['a key twice', 'listen: a\nlisten: b', [], 2, /r\.yml: .*unique.* at line 2/s],
  ['a tag', 'listen: !!js/function x', [], 2, /r\.yml: .*tag/],
  ['no file', undefined, ['--config', 'nowhere.yml'], 2, /nowhere\.yml cannot be read \(ENOENT\)/],
  [
    'a word that is none',
    undefined,
    ['--tls', 'sometimes'],
    2,
    /--tls: expected one of off, auto, files, found "sometimes"/,
  ],
  [
    'other machines by plain HTTP',
    undefined,
    ['--listen', ':5000'],
    3,
    /plain HTTP.*\n.*no accounts.*\nhint: .*--insecure-plain-http.*--insecure-anonymous-push/s,
  ],
  ['other machines without accounts', undefined, ['--listen', '0.0.0.0:1', '--tls', 'auto'], 3, /no accounts/],
  [
    'metrics for other machines',
    'metrics: { listen: ":9090" }',
    ['--listen', '127.0.0.1:0', '--insecure-anonymous-push', '--insecure-plain-http'],
    3,
    /^ibuild: :9090: .*metrics.*\nhint: .*--insecure-anonymous-metrics/,
  ],
  ['metrics at no address', undefined, ['--metrics-listen', 'x:y'], 2, /metrics\.listen: "x:y" is not HOST:PORT/],
  [
    'a certificate that is not there',
    undefined,
    ['--tls-cert', '/nowhere/c', '--tls-key', '/nowhere/k'],
    1,
    /\/nowhere\/c cannot be read \(ENOENT\) \[TLS_INVALID\]/,
  ],
  ['an extra word', undefined, ['5000'], 2, /too many arguments/],
  ['an unknown option', undefined, ['--lisen', ':1'], 2, /--listen/],
]
/** All at once they would take each other's time until some are killed for being late. */
const inTurn = createSlots(3)

for (const [title, file, args, code, error] of wrong) {
  for (const check of [[], ['--check-config']]) {
    test(`${title} is refused ${check.length > 0 ? 'by --check-config' : 'at the start'}`, async (t) => {
      const workspace = await makeWorkspace(t)
      const folder = workspace.write('etc', { 'r.yml': file ?? '' })
      const config = file === undefined ? [] : ['--config', join(folder, 'r.yml')]
      const words = ['serve', ...config, ...args, ...check]
      const output = await inTurn(() => workspace.ibuild(words, { timeout: 30_000 }))
      t.regex(output.stderr, error)
      t.is(output.code, code, output.stderr)
      t.is(output.stdout, '')
    })
  }
}

test('a configuration of distribution is served, and what is not used of it stands in the log', async (t) => {
  const workspace = await makeWorkspace(t)
  const { root } = workspace
  const folder = workspace.write('etc', {
    'config.yml':
      'version: 0.1\nlog: { level: info, formatter: json }\nstorage: { filesystem: { rootdirectory: /var/lib/registry } }\n' +
      'http: { addr: "127.0.0.1:0", headers: { X-Test: [one] } }\n',
  })
  const env = { REGISTRY_SOMETHING: 'secret-value', REGISTRY_STORAGE_DELETE_ENABLED: 'false' }
  const serving = await startServing(t, ['--root', root, '--config', join(folder, 'config.yml')], { env })
  const answer = await fetch(`${serving.url}/v2/`)
  t.is(answer.headers.get('x-test'), 'one')
  t.is(await statusOf(`${serving.url}/v2/a/b/manifests/latest`, 'DELETE'), 405)
  const warnings = serving
    .lines()
    .filter(({ level }) => level === 'warn')
    .map(({ msg }) => String(msg))
  t.is(warnings.length, 2)
  t.regex(warnings.join('\n'), /storage\.filesystem\.rootdirectory is not used: .*\nREGISTRY_SOMETHING is not used/)
  t.notRegex(serving.stderr(), /secret-value/)
})

test('SIGHUP brings a new configuration into force, tells what must wait, and a bad one changes nothing', async (t) => {
  const workspace = await makeWorkspace(t)
  const { root } = workspace
  const file = join(workspace.write('etc', { 'r.yml': 'listen: 127.0.0.1:0\nlog: { requests: none }\n' }), 'r.yml')
  const serving = await startServing(t, ['--root', root, '--config', file])
  const bytes = Buffer.from('x')
  t.is(await pushBlob(serving.url, bytes), 201)
  t.notRegex(serving.stderr(), /"request"/)

  writeFileSync(file, 'listen: 127.0.0.1:1\nreadOnly: true\nheaders: { X-New: yes }\nlog: { requests: all }\n')
  serving.kill('SIGHUP')
  await serving.logged(/was read again/)
  const report = serving.lines().find(({ msg }) => msg === 'the configuration was read again')
  t.deepEqual(report?.['changed'], ['readOnly', 'headers', 'log.requests'])
  t.deepEqual(report?.['waiting'], ['listen'])
  const answer = await fetch(`${serving.url}/v2/`)
  t.is(answer.headers.get('x-new'), 'yes')
  t.is(await statusOf(`${serving.url}/v2/a/b/blobs/uploads/`, 'POST'), 405)

  writeFileSync(file, 'readOnly: false\nnonsense: 1\n')
  serving.kill('SIGHUP')
  await serving.logged(/nonsense: there is no such key.*the configuration stays as it was/)
  t.is(await statusOf(`${serving.url}/v2/a/b/blobs/uploads/`, 'POST'), 405)

  writeFileSync(file, 'listen: 127.0.0.1:0\n')
  const { stdout } = await workspace.ok(['registry', 'reload', '--root', root])
  t.is(stdout, 'readOnly: in force\nheaders: in force\nlog.requests: in force\n')
  t.is(await pushBlob(serving.url, bytes), 201)
  t.is((await adminCall(root, '/v1/reload', { method: 'POST' })).status, 200)
})
