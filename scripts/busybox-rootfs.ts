import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runOk } from '../e2e/testing/run.ts'

const passwd = ['root:x:0:0:root:/root:/bin/sh', 'nobody:x:65534:65534:nobody:/:/bin/false']
const group = ['root:x:0:', 'nogroup:x:65534:']

/** Makes a small root filesystem in `folder` from the static busybox at `busybox`: its applets, accounts, /tmp. */
export async function makeBusyboxRootfs(folder: string, busybox: string): Promise<void> {
  for (const name of ['bin', 'etc', 'home', 'root', 'tmp', 'usr/bin', 'usr/local/bin', 'var']) {
    mkdirSync(join(folder, name), { recursive: true, mode: 0o755 })
  }
  chmodSync(join(folder, 'tmp'), 0o1777)
  chmodSync(join(folder, 'root'), 0o700)
  copyFileSync(busybox, join(folder, 'bin/busybox'))
  chmodSync(join(folder, 'bin/busybox'), 0o755)
  const { stdout } = await runOk(busybox, ['--list'])
  for (const applet of stdout.trim().split('\n')) {
    if (applet !== 'busybox') symlinkSync('busybox', join(folder, 'bin', applet))
  }
  writeFileSync(join(folder, 'etc/passwd'), `${passwd.join('\n')}\n`)
  writeFileSync(join(folder, 'etc/group'), `${group.join('\n')}\n`)
}

/** The folder as a tar, everything owned by root. */
export async function tarOf(folder: string): Promise<Buffer> {
  const { bytes } = await runOk('tar', [
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--sort=name',
    '-C',
    folder,
    '-c',
    '.',
  ])
  return bytes
}
