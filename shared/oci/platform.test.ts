import test from 'ava'
import {
  canRun,
  describeForeign,
  formatPlatform,
  hostPlatform,
  normalizePlatform,
  parsePlatform,
  samePlatform,
} from './platform.ts'

const host = hostPlatform()
const rows: readonly [string, string][] = [
  ['linux/amd64', 'linux/amd64'],
  ['linux/x86_64', 'linux/amd64'],
  ['Linux/AMD64', 'linux/amd64'],
  ['linux/amd64/v1', 'linux/amd64'],
  ['linux/amd64/v3', 'linux/amd64/v3'],
  ['linux/arm64', 'linux/arm64'],
  ['linux/arm64/v8', 'linux/arm64'],
  ['linux/arm64/8', 'linux/arm64'],
  ['linux/aarch64', 'linux/arm64'],
  ['linux/arm', 'linux/arm/v7'],
  ['linux/arm/7', 'linux/arm/v7'],
  ['linux/arm/v6', 'linux/arm/v6'],
  ['linux/armhf', 'linux/arm/v7'],
  ['linux/armel', 'linux/arm/v6'],
  ['linux/i386', 'linux/386'],
  ['linux/ppc64le', 'linux/ppc64le'],
  ['windows/amd64', 'windows/amd64'],
  ['macos/arm64', 'darwin/arm64'],
  ['arm64', `${host.os}/arm64`],
  ['x86-64', `${host.os}/amd64`],
  ['linux', formatPlatform({ ...host, os: 'linux' })],
]
for (const [text, expected] of rows) {
  test(`${text} is ${expected}`, (t) => {
    const platform = parsePlatform(text)
    t.is(formatPlatform(platform), expected)
    t.deepEqual(parsePlatform(expected), platform)
  })
}

for (const text of [
  '',
  '/',
  'linux/',
  '/amd64',
  'linux/amd64/v1/x',
  'linux/am d64',
  'solarisx',
  'arm64/v8',
  'linux/../etc',
  'a\0b',
]) {
  test(`refused: ${JSON.stringify(text)}`, (t) => {
    t.throws(() => parsePlatform(text), { code: 'USAGE', message: /not a platform/ })
  })
}

test('platforms are compared after normalisation', (t) => {
  t.true(samePlatform({ os: 'linux', architecture: 'arm64', variant: 'v8' }, { os: 'linux', architecture: 'aarch64' }))
  t.false(samePlatform({ os: 'linux', architecture: 'arm', variant: 'v6' }, { os: 'linux', architecture: 'arm' }))
})

test('normalising keeps what else an index says', (t) => {
  const platform = { os: 'windows', architecture: 'amd64', 'os.version': '10.0', 'os.features': ['win32k'] }
  t.deepEqual(normalizePlatform(platform), platform)
})

test('the host is a platform in normal form', (t) => {
  t.deepEqual(normalizePlatform(host), host)
  t.is(host.os, process.platform)
})

const runs: [host: string, image: string, runs: boolean][] = [
  ['linux/amd64', 'linux/amd64', true],
  ['linux/amd64', 'linux/amd64/v3', true],
  ['linux/amd64', 'linux/x86_64', true],
  ['linux/amd64', 'linux/386', true],
  ['linux/386', 'linux/amd64', false],
  ['linux/arm64', 'linux/arm/v6', true],
  ['linux/amd64', 'linux/arm64', false],
  ['linux/amd64', 'windows/amd64', false],
]
for (const [host, image, expected] of runs) {
  test(`${image} runs on ${host}: ${expected}`, (t) =>
    t.is(canRun(parsePlatform(host), parsePlatform(image)), expected))
}

test('both platforms are named', (t) => {
  const text = describeForeign(parsePlatform('linux/amd64'), parsePlatform('linux/arm/v6'))
  t.is(text, 'the image is for linux/arm/v6, and this machine is linux/amd64')
})
