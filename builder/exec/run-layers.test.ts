import fs from 'node:fs'
import { lsetxattr, mknod } from '../../shared/sys/native.ts'
import { runtimeTest } from './testing.ts'
import { runIn } from './testing-run.ts'

runtimeTest('127 lowers in a deep folder are merged, the last on top', async (t, box) => {
  const deep = `${box.folder}/${'long-name-'.repeat(20)}/${'another,name:with\\signs'.repeat(8)}`
  const lowers = Array.from({ length: 126 }, (_, index) => `${deep}/${index}`)
  lowers.forEach((lower, index) => {
    fs.mkdirSync(lower, { recursive: true })
    fs.writeFileSync(`${lower}/mine-${index}`, '')
    fs.writeFileSync(`${lower}/shared`, `${index}\n`)
  })
  const { stdout, upper } = await box.sh('cat /shared; ls / | grep -c mine; rm /mine-0', {
    lowers: [box.base, ...lowers],
  })
  t.is(stdout, '125\n126\n')
  t.deepEqual(upper, ['mine-0'])
})

runtimeTest('an image with nothing but a static program runs', async (t, box) => {
  const lower = `${box.folder}/static`
  fs.mkdirSync(lower)
  fs.copyFileSync(`${box.base}/bin/busybox`, `${lower}/busybox`)
  const { exitCode, upper, upperFolder } = await box.sh('', {
    lowers: [lower],
    args: ['/busybox', 'touch', '/etc/made'],
  })
  t.is(exitCode, 0)
  t.deepEqual(upper, ['etc', 'etc/made'])
  t.is(fs.statSync(`${upperFolder}/etc`).mode & 0o7777, 0o755)
})

runtimeTest('without any layer the program is looked for in an empty tree', async (t, box) => {
  await t.throwsAsync(box.sh('', { lowers: [], args: ['/program'] }), { code: 'RUNTIME_FAILED' })
})

for (const target of ['usr/etc', '/usr/etc', '../../usr/./etc/', 'first/link']) {
  runtimeTest(`/etc that is a link to ${target} holds the mount points where it leads`, async (t, box) => {
    fs.rmdirSync(`${box.base}/etc`)
    fs.symlinkSync(target, `${box.base}/etc`)
    fs.mkdirSync(`${box.base}/first`)
    fs.symlinkSync('/usr/etc', `${box.base}/first/link`)
    fs.mkdirSync(`${box.base}/usr`)
    fs.mkdirSync(`${box.base}/usr/etc`, { mode: 0o700 })
    const { stdout, upper } = await box.sh('head -n 1 /etc/hosts; stat -c %a /usr/etc; echo x > /etc/new')
    t.is(stdout, '127.0.0.1\tlocalhost\n700\n')
    t.deepEqual(upper, ['usr', 'usr/etc', 'usr/etc/new'])
  })
}

runtimeTest('a link that would lead out of the image does not', async (t, box) => {
  fs.mkdirSync(`${box.folder}/outside`)
  fs.rmdirSync(`${box.base}/etc`)
  fs.symlinkSync(`../../../../../../../../${box.folder}/outside`, `${box.base}/etc`)
  const { exitCode } = await box.sh('true')
  t.is(exitCode, 0)
  t.deepEqual(fs.readdirSync(`${box.folder}/outside`), [])
})

for (const [title, make, message] of [
  ['a file', (base: string) => fs.writeFileSync(`${base}/etc`, ''), /\/etc is not a directory/],
  ['a link to itself', (base: string) => fs.symlinkSync('etc', `${base}/etc`), /too many symbolic links/],
] as const) {
  runtimeTest(`/etc that is ${title} is a clear error`, async (t, box) => {
    fs.rmdirSync(`${box.base}/etc`)
    make(box.base)
    const error = await t.throwsAsync(box.sh('true'), { code: 'RUNTIME_FAILED' })
    t.regex(error?.message ?? '', message)
  })
}

runtimeTest('links in place of our mount points are hidden while the command runs, and stay', async (t, box) => {
  for (const name of ['proc', 'sys', 'dev']) fs.symlinkSync('/etc', `${box.base}/${name}`)
  fs.symlinkSync('/tmp/elsewhere', `${box.base}/etc/hosts`)
  const { stdout, upper } = await box.sh('cat /proc/1/comm; head -n 1 /etc/hosts; ls /tmp')
  t.is(stdout, 'sh\n127.0.0.1\tlocalhost\n')
  t.deepEqual(upper, [])
})

runtimeTest('what a layer deletes or replaces is not taken for a mount point', async (t, box) => {
  const top = `${box.folder}/top`
  fs.mkdirSync(top)
  fs.writeFileSync(`${box.base}/etc/hosts`, 'old')
  fs.mkdirSync(`${top}/etc`, { mode: 0o711 })
  lsetxattr(`${top}/etc`, 'trusted.overlay.opaque', Buffer.from('y'))
  fs.mkdirSync(`${box.base}/proc`)
  mknod(`${top}/proc`, 0o20000, 0, 0)
  const { stdout, upper } = await box.sh('ls /etc; stat -c %a /etc; cat /proc/1/comm', { lowers: [box.base, top] })
  t.is(stdout, 'hosts\nresolv.conf\n711\ncat\n')
  t.deepEqual(upper, [])
})

runtimeTest('the upper folder of one run is a layer of the next', async (t, box) => {
  const first = await box.sh('rm -r /tmp; mkdir /tmp; echo 1 > /tmp/a; rm /bin/stat')
  const second = await runIn(box.executor, `${box.folder}/second`, {
    lowers: [box.base, first.upperFolder],
    args: ['/bin/sh', '-c', 'cat /tmp/*; ls /bin/stat; touch /tmp/b'],
  })
  t.is(second.stdout, '1\n')
  t.deepEqual(second.upper, ['tmp', 'tmp/b'])
})

runtimeTest('names that are not UTF-8 come through', async (t, box) => {
  const { upperFolder } = await box.sh("touch $(busybox printf '/\\377\\376')")
  t.deepEqual(fs.readdirSync(upperFolder, { encoding: 'latin1' }), ['\xff\xfe'])
})

runtimeTest('a device that the command makes is in the diff, but cannot be used', async (t, box) => {
  const { stdout, upperFolder } = await box.sh('busybox mknod /disk b 7 0 && head -c 1 /disk || echo refused')
  t.is(stdout, 'refused\n')
  t.true(fs.statSync(`${upperFolder}/disk`).isBlockDevice())
})
