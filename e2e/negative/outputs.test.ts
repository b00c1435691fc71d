import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { needs } from '../testing/needs.ts'
import { run } from '../testing/run.ts'
import { ibuildScript, makeWorkspace } from '../testing/workspace.ts'

/** Wrong wishes for what a command writes; `%` stands for a folder with a Dockerfile. */
const rows: [args: string, says: RegExp][] = [
  ['-o type=oci,dest=a -o type=docker,dest=a %', /two outputs go to a/],
  ['-o type=oci,dest=a -o type=tar,dest=./sub/../a %', /two outputs go to/],
  ['-o type=tar -o type=oci %', /two outputs go to stdout/],
  ['-o - -o type=docker,dest=- %', /two outputs go to stdout/],
  ['--load -o type=docker %', /two outputs go to the same Docker daemon/],
  ['-o type=docker,dest=a,compression=zstd %', /zstd/],
  ['-o type=oci,dest=a,compression=xz %', /compression: "xz"/],
  ['-o type=oci,dest=a,compression=gzip,compression-level=99 %', /"99" is no level of gzip/],
  ['-o type=tar,dest=a,compression=gzip %', /unknown key "compression"/],
  ['-o type=image,dest=a %', /unknown key "dest"/],
  ['--annotation novalue %', /--annotation: "novalue" has no =/],
  ['--annotation =x %', /has no key/],
  ['--annotation index:a=b %', /no index/],
  ['--annotation manifest-descriptor:a=b %', /needs an archive/],
  ['--annotation manifest-descriptor:a=b -o type=tar,dest=a %', /needs an archive/],
  ['-t a@sha256:00 --load %', /sha256:00/],
  ['-o type=image,name=Bad:Name %', /Bad:Name/],
  ['--metadata-file', /argument missing/],
  ['save --format oci-dir a', /needs a folder/],
  ['save --format tar a', /--format: "tar"/],
  ['save --compression gz a', /--compression: "gz"/],
  ['save --compression-level 3 a', /--compression-level needs --compression/],
  ['save --compression gzip --compression-level ten a', /"ten" is no level/],
  ['save --compression zstd -o a x', /zstd|no image/],
]

for (const [args, says] of rows) {
  test(`ibuild ${args}`, async (t) => {
    const space = await makeWorkspace(t)
    space.write('c', { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
    const { code, stdout, stderr } = await space.ibuild(args.split(' ').map((word) => word.replace('%', 'c')))
    t.true(code === 2 || /no image/.test(stderr), stderr)
    t.regex(stderr, /^ibuild: .* \[[A-Z_]+\]\nhint: \S.*\n$/)
    t.regex(stderr, says)
    t.is(stdout, '')
    t.deepEqual(
      readdirSync(space.folder).filter((name) => name !== 'data' && name !== 'c'),
      [],
      'nothing is written',
    )
  })
}

const unwritable: [title: string, args: string[], isEarly?: boolean][] = [
  ['an archive over a folder', ['-o', 'type=oci,dest=folder', 'c'], true],
  ['files of an image over a file', ['-o', 'type=local,dest=file', 'c'], true],
  ['a layout where something else lies', ['-o', 'type=oci,tar=false,dest=folder', 'c']],
  ['a layout over a file', ['-o', 'type=oci,tar=false,dest=file', 'c'], true],
  ['an archive below a file', ['-o', 'type=oci,dest=file/below', 'c']],
  ['metadata into a folder', ['--metadata-file', 'folder', 'c']],
  ['an archive where nobody can write', ['-o', 'type=oci,dest=/proc/nothing/a', 'c']],
]

for (const [title, args, isEarly = false] of unwritable) {
  test(`${title} is refused${isEarly ? ' before anything runs' : ''}, and what was there stays`, async (t) => {
    const space = await makeWorkspace(t)
    space.write('c', { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
    space.write('', { file: 'mine', 'folder/mine': 'mine' })
    const { code, stderr } = await space.ibuild(['-t', 'app', ...args])
    t.is(code, 2, stderr)
    t.regex(stderr, /ibuild: .* \[USAGE\]\nhint: \S.*\n$/)
    t.deepEqual(readdirSync(join(space.folder, 'folder')), ['mine'])
    t.true(existsSync(join(space.folder, 'file')))
    t.deepEqual(readdirSync(space.folder).sort(), ['c', ...(isEarly ? [] : ['data']), 'file', 'folder'])
  })
}

test('load --tag of several images is refused before anything is loaded', async (t) => {
  const space = await makeWorkspace(t)
  space.write('c', { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
  await space.ok(['-t', 'a', 'c'])
  await space.ok(['-t', 'b', '--label', 'n=1', 'c'])
  await space.ok(['save', '-o', 'both.tar', 'a', 'b'])
  const other = await makeWorkspace(t)
  const refused = await other.ibuild(['load', '-t', 'c', join(space.folder, 'both.tar')])
  t.is(refused.code, 2)
  t.regex(refused.stderr, /2 images .* \[USAGE\]\nhint: /)
  t.is((await other.ok(['images', '-q'])).stdout, '')
  await space.ok(['save', '-o', 'one.tar', 'a'])
  t.regex(
    (await other.ok(['load', '-t', 'c', join(space.folder, 'one.tar')])).stdout,
    /^loaded a:latest, c:latest sha256:/,
  )
})

for (const args of [
  '-o - c',
  '-o type=oci c',
  '-o type=docker,dest=- c',
  'save app',
  'save -o - app',
  'load',
  'load -',
]) {
  needs(test, 'script')(`ibuild ${args} on a terminal is refused`, async (t) => {
    const space = await makeWorkspace(t)
    space.write('c', { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' })
    await space.ok(['-t', 'app', 'c'])
    const command = `${process.execPath} ${ibuildScript} --root ${space.root} ${args}`
    const { code, stdout } = await run('script', ['-qec', command, '/dev/null'], { cwd: space.folder })
    t.is(code, 2)
    t.regex(stdout, /a terminal \[USAGE\]\r?\nhint: /)
  })
}
