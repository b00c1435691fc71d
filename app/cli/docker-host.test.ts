import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { dockerHost } from './docker-host.ts'

const names = ['DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_CONFIG', 'DOCKER_TLS_VERIFY'] as const

/** Sets the environment for one test; docker's settings are in a folder of its own. */
function withEnvironment(t: ExecutionContext, values: Partial<Record<(typeof names)[number], string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'docker-config-'))
  const before = names.map((name) => [name, process.env[name]] as const)
  const all: Record<string, string | undefined> = { DOCKER_CONFIG: folder, ...values }
  for (const name of names) put(name, all[name])
  t.teardown(() => {
    for (const [name, value] of before) put(name, value)
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

function put(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}

function addContext(folder: string, name: string, host: string): void {
  const dir = join(folder, 'contexts/meta', createHash('sha256').update(name).digest('hex'))
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'meta.json'), JSON.stringify({ Name: name, Endpoints: { docker: { Host: host } } }))
}

test.serial('without anything it is the usual socket', (t) => {
  withEnvironment(t, {})
  t.is(dockerHost(), 'unix:///var/run/docker.sock')
})

test.serial('DOCKER_HOST wins', (t) => {
  const folder = withEnvironment(t, { DOCKER_HOST: 'tcp://a', DOCKER_CONTEXT: 'mine' })
  addContext(folder, 'mine', 'unix:///mine')
  t.is(dockerHost(), 'tcp://a')
})

test.serial('the context of the settings, or that of DOCKER_CONTEXT', (t) => {
  const folder = withEnvironment(t, {})
  addContext(folder, 'mine', 'unix:///mine')
  addContext(folder, 'other', 'unix:///other')
  writeFileSync(join(folder, 'config.json'), '{"currentContext":"mine"}')
  t.is(dockerHost(), 'unix:///mine')
  process.env['DOCKER_CONTEXT'] = 'other'
  t.is(dockerHost(), 'unix:///other')
  process.env['DOCKER_CONTEXT'] = 'default'
  t.is(dockerHost(), 'unix:///var/run/docker.sock')
})

test.serial('a context that is not there, and TLS, are refused', (t) => {
  withEnvironment(t, { DOCKER_CONTEXT: 'none' })
  t.throws(dockerHost, { code: 'USAGE', message: /no docker context "none"/ })
  process.env['DOCKER_HOST'] = 'nonsense'
  t.throws(dockerHost, { code: 'USAGE', message: /nonsense/ })
  process.env['DOCKER_HOST'] = 'ssh://host'
  t.throws(dockerHost, { code: 'NOT_SUPPORTED' })
  process.env['DOCKER_TLS_VERIFY'] = '1'
  t.throws(dockerHost, { code: 'NOT_SUPPORTED' })
})
