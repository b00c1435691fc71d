import test from 'ava'
import { digestOf } from '../base/digest.ts'
import { choosePlatform, fitsPlatform } from './choose-platform.ts'
import type { Descriptor } from './descriptor.ts'
import { mediaTypes } from './media-types.ts'
import { type Platform, parsePlatform } from './platform.ts'

function entry(platform: Platform | undefined, name = JSON.stringify(platform)): Descriptor {
  const base = { mediaType: mediaTypes.ociManifest, digest: digestOf(name), size: 1 }
  return platform === undefined ? base : { ...base, platform }
}

const of = (os: string, architecture: string, variant?: string): Platform => ({
  os,
  architecture,
  ...(variant !== undefined && { variant }),
})
const list = [
  of('linux', 'arm', 'v5'),
  of('linux', 'arm', 'v7'),
  of('linux', 'arm64', 'v8'),
  of('linux', 'amd64', 'v3'),
  of('linux', 'amd64'),
  of('windows', 'amd64'),
]

const rows: [wanted: string, chosen: Platform | undefined][] = [
  ['linux/amd64', of('linux', 'amd64')],
  ['linux/amd64/v3', of('linux', 'amd64', 'v3')],
  ['linux/amd64/v2', of('linux', 'amd64')],
  ['linux/amd64/v4', of('linux', 'amd64', 'v3')],
  ['linux/x86_64', of('linux', 'amd64')],
  ['linux/arm64', of('linux', 'arm64', 'v8')],
  ['linux/arm', of('linux', 'arm', 'v7')],
  ['linux/arm/v6', of('linux', 'arm', 'v5')],
  ['windows/amd64', of('windows', 'amd64')],
  ['linux/s390x', undefined],
  ['darwin/amd64', undefined],
]
for (const [wanted, chosen] of rows) {
  test(`${wanted} gets ${JSON.stringify(chosen)}`, (t) => {
    t.deepEqual(
      choosePlatform(
        list.map((each) => entry(each)),
        parsePlatform(wanted),
      ).chosen?.platform,
      chosen,
    )
  })
}

test('attestations are no images, and are not listed', (t) => {
  const attestation = entry(of('unknown', 'unknown'))
  const marked = {
    ...entry(of('linux', 'amd64'), 'marked'),
    annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
  }
  const found = choosePlatform([marked, attestation, entry(of('linux', 'arm64'))], parsePlatform('linux/amd64'))
  t.deepEqual(found, { chosen: undefined, known: ['linux/arm64'] })
})

test('one image without a platform is for all, two are not', (t) => {
  const only = entry(undefined, 'only')
  t.is(choosePlatform([only], parsePlatform('linux/amd64')).chosen, only)
  t.is(choosePlatform([only, entry(undefined, 'other')], parsePlatform('linux/amd64')).chosen, undefined)
  t.is(choosePlatform([], parsePlatform('linux/amd64')).chosen, undefined)
})

test('older variants of an architecture fit, newer ones and others do not', (t) => {
  const fits = (wanted: string, image: string): boolean => fitsPlatform(parsePlatform(wanted), parsePlatform(image))
  t.true(fits('linux/arm64', 'linux/arm64/v8'))
  t.true(fits('linux/arm/v7', 'linux/arm/v6'))
  t.false(fits('linux/arm/v6', 'linux/arm/v7'))
  t.false(fits('linux/amd64', 'linux/arm64'))
})

test('of equal ones the first wins', (t) => {
  const [first, second] = [entry(of('linux', 'amd64'), '1'), entry(of('linux', 'amd64'), '2')]
  t.is(choosePlatform([first, second], parsePlatform('linux/amd64')).chosen, first)
})
