import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { missing, skipFor } from '../testing/needs.ts'
import { makeServiceRoot } from './testing/service-root.ts'
import { groupsFolder, type SystemdMachine, startSystemd } from './testing/systemd-machine.ts'

const wanted = ['root', 'mmdebstrap', 'npm', 'nsenter', 'pivot_root', 'setpriv', 'tar', 'unshare']
const reason = missing(wanted) ?? (groupsFolder() === undefined ? 'needs control groups of version 2' : undefined)
const systemd = skipFor(test.serial, reason)
const packaging = join(import.meta.dirname, '../../packaging')

const folder = mkdtempSync(join(tmpdir(), 'ibuild-systemd-'))
let machine: SystemdMachine
if (reason === undefined)
  test.before('systemd runs', async () => {
    const root = join(folder, 'root')
    await makeServiceRoot(root)
    machine = await startSystemd(root, folder)
  })
test.after.always(async () => {
  await machine?.close()
  rmSync(folder, { recursive: true, force: true })
})

function write(file: string, text: string): void {
  const path = join(machine.root, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

const packaged = (name: string): string => readFileSync(join(packaging, name), 'utf8')
/** A configuration of compose, for the service of systemd. */
const adapted = (name: string): string =>
  packaged(`compose/${name}.yml`)
    .replaceAll('/run/secrets/', `/run/credentials/ibuild-${name}.service/`)
    .replaceAll('registry:5000', 'localhost:5000')
const image = 'localhost:5000/team/app:1'
/** With the certificates that clients of the machine trust, and the passphrases of who signs. */
const asClient = (authority: string, ...words: readonly string[]): readonly string[] => [
  'env',
  `SSL_CERT_FILE=${authority}`,
  'IBUILD_ROOT=/root/images',
  'DOCKER_CONTENT_TRUST_SERVER=https://localhost:4443',
  'DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE=of the roots',
  'DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE=of the others',
  'ibuild',
  ...words,
]

async function addAccount(name: string, password: string): Promise<void> {
  const add = ['ibuild', 'registry', 'user', 'add', name, '--password-stdin', '--root', '/var/lib/ibuild']
  await machine.ok(['runuser', '-u', 'ibuild', '--', ...add], { input: password })
}

async function untilHealthy(...urls: readonly string[]): Promise<void> {
  for (const url of urls) {
    let told = ''
    for (const end = Date.now() + 30_000; ; await sleep(100)) {
      const { code, stdout, stderr } = await machine.run(['ibuild', 'health', url])
      if (code === 0) break
      told = stdout + stderr
      if (Date.now() < end) continue
      throw new Error(`${url}: ${told}\n${await machine.ok(['journalctl', '--no-pager', '-n', '40'])}`)
    }
  }
}

/** Until the journal of a unit has it. */
async function untilTold(unit: string, what: RegExp): Promise<void> {
  let told = ''
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(100)) {
    told = await machine.ok(['journalctl', '--no-pager', '--output=cat', '--unit', unit])
    if (what.test(told)) return
  }
  throw new Error(`${unit} did not tell of ${String(what)}:\n${told}`)
}

const pidOf = async (unit: string): Promise<string> =>
  (await machine.ok(['systemctl', 'show', '--value', '--property=MainPID', unit])).trim()

/** The process of a unit may do nothing, and write nothing but its state and short-lived files. */
async function holdShutOff(t: ExecutionContext, unit: string, state: string): Promise<void> {
  const pid = await pidOf(unit)
  const status = await machine.ok(['cat', `/proc/${pid}/status`])
  t.regex(status, /^Uid:\t(?!0\t)(\d+)\t\1\t\1\t\1$/m, unit)
  for (const line of [/^CapEff:\t0+$/m, /^CapBnd:\t0+$/m, /^CapAmb:\t0+$/m, /^NoNewPrivs:\t1$/m, /^Seccomp:\t2$/m])
    t.regex(status, line, unit)
  const tries = ['/etc', '/usr/bin', '/var/lib', '/root', '/home', '/proc/sys/kernel', '/sys/fs/cgroup', state, '/tmp']
  const script = 'for folder; do touch "$folder/probe" 2>/dev/null && rm "$folder/probe" && echo "$folder"; done; true'
  const inUnit = ['nsenter', '--target', pid, '--mount', '--', 'sh', '-c', script, 'sh', ...tries]
  t.deepEqual((await machine.ok(inUnit)).trim().split('\n'), [state, '/tmp'], unit)
  const devices = await machine.ok(['nsenter', '--target', pid, '--mount', '--', 'ls', '/dev'])
  t.notRegex(devices, /^(?:console|kmsg|loop.*|mem|vd.*)$/m, unit)
}

/** It ends by itself when it is told to, with what it had to do done. */
async function holdStopped(t: ExecutionContext, unit: string): Promise<void> {
  await machine.ok(['systemctl', 'stop', unit])
  const result = await machine.ok(['systemctl', 'show', '--property=Result,ExecMainStatus', unit])
  t.deepEqual(result.trim().split('\n').sort(), ['ExecMainStatus=0', 'Result=success'], unit)
}

systemd('one process with everything, as the documentation has it', async (t) => {
  t.timeout(300_000)
  const config = 'listen: :5000\ntls: { mode: auto, names: [registry.example.org] }\n'
  write('etc/ibuild/registry.yml', config)
  write('usr/lib/sysusers.d/ibuild.conf', packaged('systemd/ibuild.sysusers'))
  write('etc/systemd/system/ibuild.service', packaged('systemd/ibuild.service'))
  await machine.ok(['systemd-sysusers'])
  await machine.ok(['install', '-d', '-m', '700', '-o', 'ibuild', '-g', 'ibuild', '/var/lib/ibuild'])
  await addAccount('ann', 'password of ann')
  await machine.ok(['systemctl', 'enable', '--now', 'ibuild'])
  await untilHealthy('https://localhost:5000/healthz', 'https://localhost:4443/_notary_server/health')
  await holdShutOff(t, 'ibuild', '/var/lib/ibuild')

  const authority = '/var/lib/ibuild/registry/tls/ca.crt'
  const login = ['login', 'localhost:5000', '-u', 'ann', '--password-stdin']
  await machine.ok(asClient(authority, ...login), { input: 'password of ann' })
  write('root/app/Dockerfile', 'FROM scratch\nCOPY Dockerfile /\n')
  await machine.ok(asClient(authority, 'build', '--push', '-t', image, '/root/app'))

  const first = await pidOf('ibuild')
  write('etc/ibuild/registry.yml', `${config}nonsense: 1\n`)
  await machine.ok(['systemctl', 'reload', 'ibuild'])
  await untilTold('ibuild', /nonsense/)
  t.is(await pidOf('ibuild'), first, 'a configuration that is wrong ends nothing')
  write('etc/ibuild/registry.yml', config)
  await machine.ok(['kill', '-KILL', first])
  await untilTold('ibuild', /Scheduled restart job, restart counter is at 1/)
  await untilHealthy('https://localhost:5000/healthz')
  t.regex(await machine.ok(asClient(authority, 'pull', image)), /^Digest: sha256:/m)
  await holdStopped(t, 'ibuild')
})

systemd('processes of their own, each with its secrets alone', async (t) => {
  t.timeout(300_000)
  await machine.ok(['ibuild', 'credentials', '/etc/ibuild/credentials', '--name', 'registry.example.org'])
  for (const name of ['ibuild-signer', 'ibuild-notary', 'ibuild-gc'])
    write(`etc/systemd/system/${name}.service`, packaged(`systemd/${name}.service`))
  write(
    'etc/systemd/system/ibuild.service',
    packaged('systemd/ibuild.service').replaceAll('# LoadCredential', 'LoadCredential'),
  )
  const secrets = '/run/credentials/ibuild.service'
  const tls = `tls: { mode: files, certificate: ${secrets}/tls_certificate, key: ${secrets}/tls_key }`
  const access = "retention: { access: [{ who: ['user:gc'], scopes: [policy:read, policy:approve] }] }"
  write('etc/ibuild/registry.yml', `listen: :5000\n${tls}\nnotary: { listen: off }\n${access}\n`)
  write('etc/ibuild/notary.yml', adapted('notary').replace('mode: remote', '$&\n  address: localhost:7899'))
  write('etc/ibuild/gc.yml', adapted('gc'))
  await addAccount('gc', await machine.ok(['cat', '/etc/ibuild/credentials/gc.password']))
  const units = ['ibuild-signer', 'ibuild', 'ibuild-notary', 'ibuild-gc']
  await machine.ok(['systemctl', 'daemon-reload'])
  await machine.ok(['systemctl', 'enable', '--now', ...units])
  const urls = [
    'https://localhost:5000/healthz',
    'tls://localhost:7899',
    'https://localhost:4443/_notary_server/health',
  ]
  await untilHealthy(...urls)
  await untilTold('ibuild-gc', /looks after https:\/\/localhost:5000/)
  for (const unit of units)
    await holdShutOff(t, unit, unit === 'ibuild-notary' ? '/var/lib/ibuild' : `/var/lib/${unit}`)
  const owners = await Promise.all(
    units.map(async (unit) => machine.ok(['stat', '-c', '%u', `/proc/${await pidOf(unit)}`])),
  )
  t.is(new Set(owners).size, 3, 'registry and notary have a user in common')

  const authority = '/etc/ibuild/credentials/tls/ca.crt'
  await machine.ok(asClient(authority, 'trust', 'sign', image))
  await machine.ok(['systemctl', 'restart', ...units])
  await untilHealthy(...urls)
  await machine.ok(asClient(authority, 'trust', 'sign', image))
  t.regex(await machine.ok(asClient(authority, 'pull', '--verify', image)), /^Digest: sha256:/m)
  for (const unit of units.toReversed()) await holdStopped(t, unit)
  t.is(await machine.ok(['systemctl', '--failed', '--no-legend']), '')
})
