import test from 'ava'
import { digestOf } from '../../shared/base/digest.ts'
import { type BackupManifest, checkHead, headText, manifestText, parseManifestText } from './manifest.ts'

const manifest: BackupManifest = {
  at: '2026-01-02T03:04:05.000Z',
  by: 'ibuild 1',
  metadata: [digestOf('a')],
  rows: 3,
  databases: [{ name: 'collections', metadata: [digestOf('d')], rows: 2 }],
  files: [{ path: 'registry/tls/ca.key', mode: 0o600, digest: digestOf('b') }],
  blobs: { count: 2, bytes: 10 },
  damaged: [digestOf('c')],
  uploads: 1,
}

test('a manifest comes back as it was', (t) => {
  t.deepEqual(parseManifestText(Buffer.from(manifestText(manifest))), manifest)
})

test('one bit of it that is another one is found, or says the same', (t) => {
  const text = Buffer.from(manifestText(manifest))
  for (let bit = 0; bit < text.length * 8; bit++) {
    const flipped = Buffer.from(text)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    try {
      t.deepEqual(parseManifestText(flipped), manifest, `bit ${bit}`)
    } catch (error) {
      t.is((error as { code?: string }).code, 'BACKUP_INVALID', `bit ${bit}`)
    }
  }
})

test('a format that is newer, or none, is refused by its name', (t) => {
  t.notThrows(() => checkHead(Buffer.from(headText())))
  t.throws(() => checkHead(Buffer.from('{"format":3}')), {
    code: 'BACKUP_INVALID',
    message: /of format 3; this ibuild reads formats up to 2/,
  })
  for (const text of ['', '{}', '[]', '{"format":"1"}', 'x'])
    t.throws(() => checkHead(Buffer.from(text)), { code: 'BACKUP_INVALID' }, text)
})
