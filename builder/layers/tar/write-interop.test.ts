import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { needs } from '../../../e2e/testing/needs.ts'
import { runOk } from '../../../e2e/testing/run.ts'
import { inPieces, type Packed, pack, unpack } from './testing/archives.ts'
import { growTree, type Listed, type Listing, listArchive, listTree, type TreeFeatures } from './testing/tree.ts'

const everything: TreeFeatures = {
  longNames: true,
  fineTimes: true,
  oldFractions: true,
  xattrs: true,
  largeIds: true,
  special: true,
}

/** A tree on disk, and our archive of it, made of what GNU tar says about it. */
async function archived(
  t: ExecutionContext,
  features: TreeFeatures,
): Promise<{ listing: Listing; bytes: Buffer; out: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'ibuild-tar-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const [source, out] = [join(dir, 'source'), join(dir, 'out')]
  for (const child of [source, out]) mkdirSync(child)
  growTree(source, features)
  const theirs = await runOk('tar', [
    '--format=pax',
    '--sort=name',
    '--xattrs',
    '--xattrs-include=*',
    '-c',
    '-C',
    source,
    '.',
  ])
  const members: Packed[] = await unpack(theirs.bytes, { whiteouts: false })
  return { listing: listTree(source), bytes: pack(members), out }
}

needs(
  test,
  'root',
  'tar',
)('GNU tar extracts what is written', async (t) => {
  const { listing, bytes, out } = await archived(t, everything)
  const args = ['-xp', '--numeric-owner', '--xattrs', '--xattrs-include=*', '-C', out]
  const { stderr } = await runOk('tar', args, { input: bytes })
  t.is(stderr.replaceAll(/^tar: .*(?:implausibly old time stamp|keyword 'hdrcharset').*\n/gm, ''), '')
  t.deepEqual(listTree(out), listing)
})

needs(
  test,
  'root',
  'tar',
  'bsdtar',
)('bsdtar extracts what is written', async (t) => {
  // It reads the fraction of a time before 1970 with the wrong sign, and takes escaped names of attributes as they are.
  const { listing, bytes, out } = await archived(t, { ...everything, oldFractions: false, xattrs: false })
  await runOk('bsdtar', ['-xp', '--numeric-owner', '-f', '-', '-C', out], { input: bytes })
  t.deepEqual(listTree(out), listing)
})

needs(
  test,
  'tar',
  'python3',
)('Python reads what is written', async (t) => {
  const { bytes } = await archived(t, everything)
  const { stdout } = await runOk('python3', ['-c', pythonListing], { input: bytes })
  const theirs = new Map(JSON.parse(stdout) as [string, Omit<Listed, 'mtime'> & { mtime: string }][])
  const ours = await listArchive(inPieces(bytes))
  t.deepEqual([...theirs.keys()], [...ours.keys()])
  for (const [path, { mtime, ...listed }] of ours)
    t.deepEqual(theirs.get(path), { ...listed, mtime: String(mtime) }, path)
})

const pythonListing = `
import sys,tarfile,json,hashlib,decimal
raw=lambda s:s.encode('utf-8','surrogateescape').decode('latin-1')
kinds={tarfile.REGTYPE:'file',tarfile.DIRTYPE:'dir',tarfile.SYMTYPE:'symlink',tarfile.CHRTYPE:'char',tarfile.BLKTYPE:'block',tarfile.FIFOTYPE:'fifo'}
found={}
t=tarfile.open(fileobj=sys.stdin.buffer,mode='r|',encoding='utf-8',errors='surrogateescape')
for m in t:
  name=raw(m.name)
  if name=='.': continue
  if m.type==tarfile.LNKTYPE:
    found[name]=found[raw(m.linkname)]
    continue
  kind=kinds[m.type]
  x={k[13:].replace('%3D','=').replace('%25','%'):v for k,v in m.pax_headers.items() if k.startswith('SCHILY.xattr.')}
  x={raw(k):v.encode('utf-8','surrogateescape').hex() for k,v in x.items() if k.startswith('user.') or k=='security.capability'}
  device='%d:%d'%(m.devmajor,m.devminor)
  digest=hashlib.sha256(t.extractfile(m).read()).hexdigest() if kind=='file' else ''
  found[name]={'type':kind,'mode':m.mode&0o7777,'uid':m.uid,'gid':m.gid,'size':m.size,'linkname':raw(m.linkname),
    'mtime':str(int(decimal.Decimal(m.pax_headers.get('mtime',str(int(m.mtime))))*10**9)),'device':device,'sha256':digest,
    'xattrs':' '.join(sorted(k+'='+v for k,v in x.items()))}
json.dump(list(found.items()),sys.stdout)
`
