import test from 'ava'
import { accepts } from './accept.ts'

const index = 'application/vnd.oci.image.index.v1+json'
const manifest = 'application/vnd.oci.image.manifest.v1+json'
for (const [title, headers, expected] of [
  ['no header', [], true],
  ['an empty header', [''], true],
  ['the type', [manifest], true],
  ['the type among others in one header', [`${index}, ${manifest};q=0.5`], true],
  ['the type in the second of two headers', [index, manifest], true],
  ['other types only', [index, 'application/json'], false],
  ['anything', ['*/*'], true],
  ['anything of the main type', ['application/*'], true],
  ['anything of another main type', ['text/*'], false],
  ['the type, refused', [`${manifest};q=0, */*`], false],
  ['anything but another type', [`${index};q=0, */*;q=0.1`], true],
  ['nothing', ['*/*;q=0.000'], false],
  ['another case', [manifest.toUpperCase()], true],
] as const) {
  test(`accepts: ${title}`, (t) => t.is(accepts(headers, manifest), expected))
}
